//! The HTTP client of a server.

use super::{CLIENT_HEADER, HttpError, NO_CONTENT_TYPE, RawResponse};
use crate::sync::Token;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, Url, header::CONTENT_TYPE, redirect::Policy};
use std::{error::Error, iter, sync::LazyLock, time::Duration};

/// The clients of the process, so that all calls share their connections. They store no cookies:
/// the calls of one user must not influence those of another.
static HTTPS: LazyLock<Result<Client, HttpError>> = LazyLock::new(|| build(Client::builder()));

/// Without the certificates of the system: a container may have none, if the deployment is beside
/// it.
static HTTP: LazyLock<Result<Client, HttpError>> =
    LazyLock::new(|| build(Client::builder().tls_certs_only([])));

fn build(client: ClientBuilder) -> Result<Client, HttpError> {
    client
        // A redirect would repeat a mutation as a query, or send its token to another host.
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build()
        .map_err(|error| HttpError::Tls(causes(&error)))
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an unused connection is kept open. Proxies usually close theirs after a minute or more;
/// a call that meets such a close fails, although it did not run.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends a request and receives the response. The request is aborted when the future is dropped.
pub(super) async fn exchange(
    url: &str,
    token: Option<&Token>,
    body: String,
) -> Result<RawResponse, HttpError> {
    let response = request(url, token, body)?.send().await.map_err(|error| unreachable(url, &error))?;
    Ok(RawResponse {
        status: response.status().as_u16(),
        content_type: content_type(&response),
        body: response.text().await.map_err(|error| unreachable(url, &error))?,
    })
}

fn request(url: &str, token: Option<&Token>, body: String) -> Result<RequestBuilder, HttpError> {
    let parsed = Url::parse(url).map_err(|error| HttpError::Url(format!("`{url}` is not a URL: {error}")))?;
    let client = if parsed.scheme() == "https" { &*HTTPS } else { &*HTTP };
    let request = client
        .as_ref()
        .map_err(HttpError::clone)?
        .post(parsed)
        .header(CONTENT_TYPE, "application/json")
        .header(CLIENT_HEADER.0, CLIENT_HEADER.1)
        .body(body);
    Ok(match token {
        Some(token) => request.bearer_auth(token.expose()),
        None => request,
    })
}

fn content_type(response: &Response) -> String {
    let value = response.headers().get(CONTENT_TYPE).map(|value| value.as_bytes());
    value.map_or_else(|| NO_CONTENT_TYPE.into(), |value| String::from_utf8_lossy(value).into_owned())
}

/// The error of an exchange without a complete response. The reason, such as an invalid
/// certificate, is for the log of the server only: a page is the same for all reasons.
#[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "logged with `tracing` only"))]
fn unreachable(url: &str, error: &reqwest::Error) -> HttpError {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "convex", url, "the deployment cannot be reached: {}", causes(error));
    HttpError::Unreachable
}

/// The texts of an error and its sources. The error of reqwest itself does not say the reason.
fn causes(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<String> =
        iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    texts.join(": ")
}
