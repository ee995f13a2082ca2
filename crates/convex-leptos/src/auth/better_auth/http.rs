//! Requests to Better Auth, and what can come back.

use convex_web::{AbortOnDrop, sync::TokenError, with_timeout};
use gloo_net::http::{Method, Request, RequestBuilder};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{future::Future, time::Duration};
use web_sys::{RequestCache, RequestCredentials};

/// How long an answer may take. What hangs is no better than what fails: it can be tried again.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why Better Auth did not do what it was asked.
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
    /// It said no, as to a wrong password.
    #[error("{message}")]
    Refused {
        /// The status of its answer, such as 401.
        status: u16,
        /// What it said.
        message: String,
    },
    /// It could not be reached.
    #[error("the sign-in service cannot be reached; check the connection and try again")]
    Unreachable,
    /// It answered something that Better Auth doesn't: another server may answer at its address.
    #[error("the sign-in service gave an answer that makes no sense (status {status}, {content})")]
    Unreadable {
        /// The status of its answer.
        status: u16,
        /// What the answer claims to be, such as `text/html`.
        content: String,
    },
}

impl BetterAuthError {
    /// Whether it says that nobody is signed in.
    pub(super) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Why there is no token, for the developer: with the address, and a cause that the browser
    /// keeps to itself.
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

pub(super) async fn get<T: DeserializeOwned>(url: &str) -> Result<T, BetterAuthError> {
    let abort = AbortOnDrop::default();
    let request = request(url, Method::GET).abort_signal(Some(&abort.signal())).build();
    in_time(answer(request)).await
}

/// What it orders is carried out even if nobody waits for that any more.
pub(super) async fn post<T: DeserializeOwned>(
    url: &str,
    body: &impl Serialize,
) -> Result<T, BetterAuthError> {
    in_time(answer(request(url, Method::POST).json(body))).await
}

/// With the session's cookie, on whatever origin the service is.
fn request(url: &str, method: Method) -> RequestBuilder {
    // Past the browser's cache, which lets requests for one URL wait for each other: two clients'
    // token fetches would queue.
    RequestBuilder::new(url)
        .method(method)
        .credentials(RequestCredentials::Include)
        .cache(RequestCache::NoStore)
}

async fn in_time<T>(answer: impl Future<Output = Result<T, BetterAuthError>>) -> Result<T, BetterAuthError> {
    with_timeout(TIMEOUT, answer).await.unwrap_or(Err(BetterAuthError::Unreachable))
}

/// An answer's text goes into no error, for it may hold a token.
async fn answer<T: DeserializeOwned>(
    request: Result<Request, gloo_net::Error>,
) -> Result<T, BetterAuthError> {
    let sent = async { request?.send().await };
    let response = sent.await.map_err(|_| BetterAuthError::Unreachable)?;
    let status = response.status();
    let content = response.headers().get("content-type").unwrap_or_else(|| "of no declared type".to_owned());
    let text = response.text().await.map_err(|_| BetterAuthError::Unreachable)?;
    if response.ok() {
        serde_json::from_str(&text).map_err(|_| BetterAuthError::Unreadable { status, content })
    } else {
        Err(refusal(status, content, &text))
    }
}

fn refusal(status: u16, content: String, text: &str) -> BetterAuthError {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    match serde_json::from_str::<Refusal>(text) {
        Ok(Refusal { message }) => BetterAuthError::Refused { status, message },
        Err(_) if status == 401 => BetterAuthError::Refused { status, message: "Unauthorized".to_owned() },
        Err(_) => BetterAuthError::Unreadable { status, content },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_service_said() {
        let text = r#"{"code":"INVALID_EMAIL_OR_PASSWORD","message":"Invalid email or password"}"#;
        let error = refusal(401, "application/json".to_owned(), text);
        assert_eq!(error.to_string(), "Invalid email or password");
        assert!(error.is_unauthorized());
    }

    #[test]
    fn a_401_without_words_still_says_that_nobody_is_signed_in() {
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
    fn another_servers_error_page_signs_nobody_out_and_is_not_repeated() {
        let error = refusal(502, "text/html".to_owned(), "<h1>Bad gateway</h1>");
        assert!(!error.is_unauthorized());
        assert_eq!(
            error.to_string(),
            "the sign-in service gave an answer that makes no sense (status 502, text/html)"
        );
    }
}
