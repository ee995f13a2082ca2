//! Calls over HTTP, without a socket.

mod error;
#[cfg(target_family = "wasm")]
mod fetch;
#[cfg(not(target_family = "wasm"))]
mod server_stub;

pub use error::HttpError;
#[cfg(target_family = "wasm")]
use fetch::post;
#[cfg(not(target_family = "wasm"))]
use server_stub::post;

use crate::{
    sync::{
        Arguments, FunctionPath, Token,
        wire::{HttpAnswer, http_body},
    },
    url::base_url,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};

/// Calls the functions of one deployment over HTTP: each call is a request, and its answer the end
/// of it. Nothing is subscribed to and no socket opened; for live data there is
/// [`ConvexClient`](crate::ConvexClient).
///
/// ```
/// use convex_web::{ConvexHttpClient, HttpError};
///
/// # #[derive(serde::Deserialize)]
/// # struct Message { body: String }
/// # #[derive(serde::Serialize)]
/// # struct NewMessage { body: &'static str }
/// # async fn example(token: String) -> Result<(), HttpError> {
/// let client = ConvexHttpClient::new("https://happy-animal-123.convex.cloud").with_auth(token);
/// let messages: Vec<Message> = client.query("messages:list", ()).await?;
/// let id = client.mutation::<String>("messages:send", NewMessage { body: "hello" }).await?;
/// # Ok(())
/// # }
/// ```
///
/// The arguments of a call are anything that serializes to an object, pairs of names and values, or
/// `()`.
///
/// # What it does not do
///
/// - It never calls anything twice: what failed is for the caller to repeat, who knows whether that
///   may be done. A [`TimedOut`](HttpError::TimedOut) or [`Unreachable`](HttpError::Unreachable)
///   mutation or action may have been executed.
/// - It has no queue: calls that are under way together may be executed in any order. Await one
///   before the next where that matters.
/// - It follows no identity provider: it is who its token says, until it is given another.
///
/// Calls begin when they are polled first. Dropping one gives it up, as a timeout does.
///
/// # On a server
///
/// Every call fails with [`NotInBrowser`](HttpError::NotInBrowser).
#[derive(Debug, Clone)]
pub struct ConvexHttpClient {
    url: Arc<str>,
    token: Option<Token>,
    timeout: Option<Duration>,
}

/// What came back.
struct Answer {
    status: u16,
    /// What it claims to be, such as `text/html`.
    content: String,
    body: String,
}

impl ConvexHttpClient {
    /// A client of the deployment at `url`, an absolute `http` or `https` URL. With one that cannot
    /// be a deployment's, calls fail and [say why](HttpError::Url).
    pub fn new(url: impl Into<Arc<str>>) -> Self {
        Self { url: url.into(), token: None, timeout: None }
    }

    /// The same client, as whoever `token` speaks for.
    #[must_use]
    pub fn with_auth(mut self, token: impl Into<Arc<str>>) -> Self {
        self.set_auth(token);
        self
    }

    /// The same client, each call of which is given up after so long.
    ///
    /// Without one a call takes as long as the browser lets it.
    ///
    /// ```
    /// # use convex_web::ConvexHttpClient;
    /// # use std::time::Duration;
    /// # let url = "https://happy-animal-123.convex.cloud";
    /// let client = ConvexHttpClient::new(url).with_timeout(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// From now on, calls are made as whoever `token` speaks for: a JWT that the deployment
    /// accepts.
    ///
    /// ```
    /// # let token = "e30.e30.c2ln";
    /// let mut client = convex_web::ConvexHttpClient::new("https://happy-animal-123.convex.cloud");
    /// client.set_auth(token);
    /// // Who has signed out asks as nobody.
    /// client.clear_auth();
    /// ```
    pub fn set_auth(&mut self, token: impl Into<Arc<str>>) {
        self.token = Some(Token::new(token));
    }

    /// From now on, calls are made as nobody.
    pub fn clear_auth(&mut self) {
        self.token = None;
    }

    /// Runs a query once.
    ///
    /// # Errors
    ///
    /// Where it throws, and where it cannot be called or answered.
    pub async fn query<T: DeserializeOwned>(
        &self,
        function: impl AsRef<str>,
        args: impl Serialize,
    ) -> Result<T, HttpError> {
        self.call("query", function.as_ref(), &args).await
    }

    /// Runs a mutation, at most once.
    ///
    /// # Errors
    ///
    /// Where it throws, and where it cannot be called or answered.
    pub async fn mutation<T: DeserializeOwned>(
        &self,
        function: impl AsRef<str>,
        args: impl Serialize,
    ) -> Result<T, HttpError> {
        self.call("mutation", function.as_ref(), &args).await
    }

    /// Runs an action, at most once.
    ///
    /// # Errors
    ///
    /// Where it throws, and where it cannot be called or answered.
    ///
    /// ```
    /// # use convex_web::{ConvexHttpClient, HttpError};
    /// # async fn example(client: ConvexHttpClient) -> Result<(), HttpError> {
    /// let summary: String = client.action("ai:summarize", ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn action<T: DeserializeOwned>(
        &self,
        function: impl AsRef<str>,
        args: impl Serialize,
    ) -> Result<T, HttpError> {
        self.call("action", function.as_ref(), &args).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        function: &str,
        args: &impl Serialize,
    ) -> Result<T, HttpError> {
        let function = FunctionPath::parse(function)?;
        let args = Arguments::encode(args)?.ok_or(HttpError::Skipped)?;
        let base = base_url(&self.url).map_err(|error| HttpError::Url(error.to_string()))?;
        let (url, body) = (format!("{base}/api/{endpoint}"), http_body(&function, &args)?);
        let Answer { status, content, body } = post(&url, self.token()?, body, self.timeout).await?;
        match HttpAnswer::read(status, &body, self.token.as_ref()) {
            HttpAnswer::Ran { outcome, log_lines } => {
                trace(&function, &log_lines);
                Ok(outcome?.decode()?)
            }
            HttpAnswer::Failed { code, message } => Err(HttpError::Status { status, code, message }),
            HttpAnswer::Unreadable => Err(HttpError::Unreadable { status, content }),
        }
    }

    /// The token, if it can stand in a header; the browser's own complaint would quote it.
    fn token(&self) -> Result<Option<&Token>, HttpError> {
        let can_be_sent = |token: &&Token| token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        self.token.as_ref().map(|token| Some(token).filter(can_be_sent).ok_or(HttpError::Token)).transpose()
    }
}

#[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "there is nobody to tell"))]
fn trace(function: &FunctionPath, log_lines: &[String]) {
    #[cfg(feature = "tracing")]
    for line in log_lines {
        tracing::info!(target: "convex", %function, "{line}");
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use crate::sync::Skip;
    use futures_util::FutureExt;

    fn client() -> ConvexHttpClient {
        ConvexHttpClient::new("https://happy-animal-123.convex.cloud")
    }

    fn error(client: &ConvexHttpClient, function: &str, args: impl Serialize) -> HttpError {
        client.query::<()>(function, args).now_or_never().expect("nothing is sent").expect_err("it fails")
    }

    #[test]
    fn what_cannot_be_sent_fails_with_its_reason() {
        assert!(matches!(error(&client(), "messages/list-all:x", ()), HttpError::Path(_)));
        assert!(matches!(error(&client(), "messages:list", [1]), HttpError::Arguments(_)));
        assert_eq!(error(&client(), "messages:list", Skip), HttpError::Skipped);
        assert!(matches!(error(&ConvexHttpClient::new("/api"), "messages:list", ()), HttpError::Url(_)));
        for token in ["", "two words", "line\nbreak", "tökén"] {
            let expected = if token.is_empty() { HttpError::NotInBrowser } else { HttpError::Token };
            assert_eq!(error(&client().with_auth(token), "messages:list", ()), expected, "{token}");
        }
    }

    #[test]
    fn a_server_calls_nothing() {
        assert_eq!(error(&client(), "messages:list", ()), HttpError::NotInBrowser);
    }

    /// Auth contract, rule 13.
    #[test]
    fn a_token_is_not_to_be_seen() {
        let shown = format!("{:?}", client().with_auth("secret"));
        assert!(shown.contains("Token(…)") && !shown.contains("secret"), "{shown}");
    }
}
