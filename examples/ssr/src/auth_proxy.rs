//! Forwards `/api/auth` to Better Auth, so that its cookie belongs to the page's own origin.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{
        StatusCode, Uri,
        header::{CONNECTION, HOST, TRANSFER_ENCODING},
    },
    response::{IntoResponse, Response},
};
use reqwest::{Client, redirect::Policy};
use std::error::Error;

/// The size limit of a request, in bytes.
const LIMIT: usize = 1 << 20;

/// The service behind `/api/auth`.
#[derive(Debug, Clone)]
pub struct AuthService {
    /// The origin of Better Auth.
    site: String,
    http: Client,
}

impl AuthService {
    pub fn new(site: &str) -> Result<Self, Box<dyn Error>> {
        // The browser follows redirects and stores cookies.
        let http = Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { site: site.trim_end_matches('/').to_owned(), http })
    }

    async fn forward(&self, request: Request) -> Result<Response, Box<dyn Error>> {
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{}{}", self.site, parts.uri).parse::<Uri>()?;
        parts.headers.remove(HOST);
        let body = to_bytes(body, LIMIT).await?;
        let response = self.http.execute(Request::from_parts(parts, body).try_into()?).await?;
        let mut response = axum::http::Response::from(response);
        for header in [CONNECTION, TRANSFER_ENCODING] {
            response.headers_mut().remove(header);
        }
        Ok(response.map(Body::new))
    }
}

/// The handler of `/api/auth/{*path}`.
pub async fn forward(State(service): State<AuthService>, request: Request) -> Response {
    service.forward(request).await.unwrap_or_else(|error| {
        eprintln!("cannot forward a request to Better Auth at {}: {error}", service.site);
        StatusCode::BAD_GATEWAY.into_response()
    })
}
