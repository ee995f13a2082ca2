//! The site of the app that is rendered in the browser only: static files.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use e2e::Upstream;
use tokio::{net::TcpListener, task::AbortHandle};
use tower_http::services::ServeDir;

/// The text in the page for which the deployment's URL is substituted.
const PLACEHOLDER: &str = "{CONVEX_URL}";

/// Serves the files as the server of `examples/ssr` does, and the same page at all other paths.
/// Forwards `/api/auth` to Better Auth, as that server does.
#[derive(Debug)]
pub struct StaticSite {
    address: SocketAddr,
    server: AbortHandle,
}

impl StaticSite {
    /// Serves a built page from a free port. `deployment` and `auth` are the addresses of the
    /// deployment and of its Better Auth service.
    pub async fn start(folder: &Path, deployment: &str, auth: &str) -> Result<Self> {
        let file = folder.join("index.html");
        let page = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let page = Html(page.replace(PLACEHOLDER, deployment));
        let files = ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br();
        let router = Router::new()
            .route("/api/auth/{*path}", any(forward))
            .with_state(Upstream::new(auth)?)
            .fallback_service(files.fallback(get(async move || page)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, server: server.abort_handle() })
    }

    /// The origin of the site.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for StaticSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn forward(State(auth): State<Upstream>, request: Request) -> Response {
    let forwarded = auth.forward(request).await;
    forwarded.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, error.to_string()).into_response())
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    #[tokio::test]
    async fn unknown_path_is_answered_with_the_page() {
        let folder = env::temp_dir().join(format!("convex-bench-site-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), format!("<meta content=\"{PLACEHOLDER}\">")).unwrap();
        fs::write(folder.join("app.js"), "app()").unwrap();
        let site = StaticSite::start(&folder, "http://deployment", "http://auth").await.unwrap();

        let get = async |path: &str| {
            let response = reqwest::get(format!("{}{path}", site.url())).await.unwrap();
            response.text().await.unwrap()
        };
        let texts = [get("/").await, get("/organizations").await, get("/app.js").await];

        fs::remove_dir_all(&folder).unwrap();
        let page = "<meta content=\"http://deployment\">";
        assert_eq!(texts, [page, page, "app()"]);
    }
}
