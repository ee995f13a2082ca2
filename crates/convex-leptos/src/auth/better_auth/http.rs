//! Requests to Better Auth and their errors.

use convex_web::{
    AbortOnDrop, early_response,
    sync::{EncodedValue, TokenError, from_json},
    with_timeout,
};
use gloo_net::http::{Method, Request, RequestBuilder, Response};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{future::Future, time::Duration};
use web_sys::{RequestCache, RequestCredentials};

/// The timeout of a request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a request to Better Auth failed.
///
/// ```
/// use convex_leptos::BetterAuthError;
///
/// fn under_the_form(error: &BetterAuthError) -> String {
///     match error {
///         BetterAuthError::Refused { status: 401, .. } => "The email address or the password is wrong.".to_owned(),
///         error => error.to_string(),
///     }
/// }
///
/// let refused = BetterAuthError::Refused { status: 422, message: "Password too short".to_owned() };
/// assert_eq!(under_the_form(&refused), "Password too short");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BetterAuthError {
    /// It refused, for example because of a wrong password.
    #[error("{message}")]
    Refused {
        /// The HTTP status, such as 401.
        status: u16,
        /// Its message.
        message: String,
    },
    /// It could not be reached.
    #[error("the sign-in service cannot be reached; check the connection and try again")]
    Unreachable,
    /// The answer is not one of Better Auth: another server may answer at this address.
    #[error(
        "the sign-in service returned an unexpected answer (status {status}, {content}); check its address"
    )]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// The content type of the answer, such as `text/html`.
        content: String,
    },
}

impl BetterAuthError {
    /// Whether it means that no user is signed in.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// The error of a token fetch, for the developer: with the address, and a likely cause that the
    /// browser does not report.
    pub(super) fn for_token(&self, url: &str) -> TokenError {
        let cause = match self {
            Self::Unreachable => {
                "; perhaps the page's Content-Security-Policy `connect-src` does not allow it"
            }
            Self::Refused { .. } | Self::Unreadable { .. } => "",
        };
        TokenError::new(format!("{url}: {self}{cause}"))
    }
}

/// Takes the response of the page's early start, if there is one, or sends the request.
pub(super) async fn get<T: DeserializeOwned>(url: &str) -> Result<T, BetterAuthError> {
    in_time(async {
        if let Some(response) = early_response(url).await {
            return read_response(response.into()).await;
        }
        let abort = AbortOnDrop::default();
        answer(request(url, Method::GET).abort_signal(Some(&abort.signal())).build()).await
    })
    .await
}

/// The request is executed even if the future is dropped.
pub(super) async fn post<T: DeserializeOwned>(
    url: &str,
    body: &impl Serialize,
) -> Result<T, BetterAuthError> {
    // Only a text of many megabytes cannot be encoded. A server would refuse it.
    let body = EncodedValue::encode(body)
        .map_err(|error| BetterAuthError::Refused { status: 413, message: error.to_string() })?;
    let request = request(url, Method::POST).header("content-type", "application/json");
    in_time(answer(request.body(body.as_json()))).await
}

/// A request with the session cookie, also to another origin.
fn request(url: &str, method: Method) -> RequestBuilder {
    // Without the browser's cache, which makes requests for one URL wait for each other: the token
    // fetches of two clients would queue.
    RequestBuilder::new(url)
        .method(method)
        .credentials(RequestCredentials::Include)
        .cache(RequestCache::NoStore)
}

async fn in_time<T>(answer: impl Future<Output = Result<T, BetterAuthError>>) -> Result<T, BetterAuthError> {
    with_timeout(TIMEOUT, answer).await.unwrap_or(Err(BetterAuthError::Unreachable))
}

async fn answer<T: DeserializeOwned>(
    request: Result<Request, gloo_net::Error>,
) -> Result<T, BetterAuthError> {
    let sent = async { request?.send().await };
    read_response(sent.await.map_err(|_| BetterAuthError::Unreachable)?).await
}

async fn read_response<T: DeserializeOwned>(response: Response) -> Result<T, BetterAuthError> {
    let (status, content) = (response.status(), response.headers().get("content-type"));
    let text = response.text().await.map_err(|_| BetterAuthError::Unreachable)?;
    read_answer(status, content, &text)
}

/// Reads an answer from its status, its content type and its text. Except for the message of a
/// refusal, the text is never part of an error, because it may contain a token.
pub(crate) fn read_answer<T: DeserializeOwned>(
    status: u16,
    content: Option<String>,
    text: &str,
) -> Result<T, BetterAuthError> {
    let content = content.unwrap_or_else(|| "of no declared type".to_owned());
    if (200..300).contains(&status) {
        from_json(text).map_err(|_| BetterAuthError::Unreadable { status, content })
    } else {
        Err(refusal(status, content, text))
    }
}

fn refusal(status: u16, content: String, text: &str) -> BetterAuthError {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    match from_json::<Refusal>(text) {
        Ok(Refusal { message }) => BetterAuthError::Refused { status, message },
        Err(_) if status == 401 => BetterAuthError::Refused { status, message: "Unauthorized".to_owned() },
        Err(_) => BetterAuthError::Unreadable { status, content },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_services_message() {
        let text = r#"{"code":"INVALID_EMAIL_OR_PASSWORD","message":"Invalid email or password"}"#;
        let error = refusal(401, "application/json".to_owned(), text);
        assert_eq!(error.to_string(), "Invalid email or password");
        assert!(error.is_unauthorized());
    }

    #[test]
    fn a_401_without_a_message_means_signed_out() {
        assert!(refusal(401, "text/html".to_owned(), "").is_unauthorized());
    }

    #[test]
    fn a_failed_token_fetch_names_the_address() {
        let url = "https://app.test/api/auth/convex/token";
        let unreachable = BetterAuthError::Unreachable.for_token(url).to_string();
        assert!(unreachable.contains(url) && unreachable.contains("`connect-src`"), "{unreachable}");
        let refused =
            refusal(429, "text/html".to_owned(), r#"{"message":"Too many requests"}"#).for_token(url);
        assert!(refused.to_string().contains(&format!("{url}: Too many requests;")), "{refused}");
    }

    #[test]
    fn another_servers_error_page_does_not_sign_out() {
        let error = refusal(502, "text/html".to_owned(), "<h1>Bad gateway</h1>");
        assert!(!error.is_unauthorized());
        assert_eq!(
            error.to_string(),
            "the sign-in service returned an unexpected answer (status 502, text/html); check its address"
        );
    }
}
