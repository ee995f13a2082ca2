//! A built page, served from the deployment's own origin.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    handler::HandlerWithoutStateExt,
    http::{
        HeaderName, HeaderValue, StatusCode, Uri,
        header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::{Options, error_response::ErrorResponse};

/// The routes of the page in `folder`.
pub(crate) fn routes(folder: &Path, options: &Options) -> Result<Router> {
    let files = ServeDir::new(folder);
    let files = if options.compressed { files.precompressed_br() } else { files };
    let mut router = Router::new().fallback_service(files.fallback(not_found.into_service()));
    if let Some(file) = &options.observe {
        let script = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        router = router.layer(from_fn_with_state(Arc::<str>::from(script), observe));
    }
    if let Some(policy) = &options.csp {
        let policy = HeaderValue::from_str(policy).context("the policy of --csp cannot be a header")?;
        router = router.layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, policy));
    }
    Ok(if options.isolated { isolate(router) } else { router })
}

pub(crate) async fn not_found(uri: Uri) -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "NotFound", format!("There is nothing at {}", uri.path()))
}

/// Inserts a script into every document, before the document's own.
async fn observe(State(script): State<Arc<str>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let content = response.headers().get(CONTENT_TYPE);
    if !content.is_some_and(|content| content.as_bytes().starts_with(b"text/html")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(html) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(with_script(&html, &script)))
}

/// The document with a script as the first element of its head.
fn with_script(html: &Bytes, script: &str) -> String {
    let html = String::from_utf8_lossy(html);
    let (before, after) = html.split_once("<head>").unwrap_or(("", &html));
    format!("{before}<head><script>{script}</script>{after}")
}

/// Makes a page `crossOriginIsolated`: it and its workers share their process with no other origin.
fn isolate(router: Router) -> Router {
    let header = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    router
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(header(HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"))
}
