//! A server to which another one forwards requests.

use anyhow::Result;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::header::{CONNECTION, HOST, TRANSFER_ENCODING},
    response::Response,
};
use reqwest::{Client, redirect::Policy};

/// The client of a server to which requests are forwarded.
#[derive(Debug, Clone)]
pub struct Upstream {
    origin: String,
    http: Client,
}

impl Upstream {
    /// The server at an origin such as `http://127.0.0.1:3210`.
    ///
    /// # Errors
    ///
    /// The HTTP client cannot be created.
    pub fn new(origin: &str) -> Result<Self> {
        // Redirects and cookies are the browser's business.
        let http = Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { origin: origin.to_owned(), http })
    }

    /// Forwards a request. The response is a stream.
    ///
    /// # Errors
    ///
    /// The server does not respond.
    pub async fn forward(&self, request: Request) -> Result<Response> {
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{}{}", self.origin, parts.uri).parse()?;
        parts.headers.remove(HOST);
        let body = to_bytes(body, usize::MAX).await?;
        let response = self.http.execute(Request::from_parts(parts, body).try_into()?).await?;
        let mut response = axum::http::Response::from(response);
        for header in [CONNECTION, TRANSFER_ENCODING] {
            response.headers_mut().remove(header);
        }
        Ok(response.map(Body::new))
    }
}
