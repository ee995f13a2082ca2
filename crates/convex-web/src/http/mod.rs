//! Calls over HTTP, without a socket.

mod abort;
mod error;
#[cfg(target_family = "wasm")]
mod fetch;
#[cfg(all(not(target_family = "wasm"), feature = "server"))]
mod native;
#[cfg(not(any(target_family = "wasm", feature = "server")))]
mod no_client;
mod timeout;

pub use abort::AbortOnDrop;
pub use error::HttpError;
#[cfg(target_family = "wasm")]
use fetch::exchange;
#[cfg(all(not(target_family = "wasm"), feature = "server"))]
use native::exchange;
#[cfg(not(any(target_family = "wasm", feature = "server")))]
use no_client::exchange;
pub use timeout::with_timeout;

use crate::{
    sync::{
        ActionFunction, Arguments, CallArgs, EncodedValue, FunctionError, FunctionPath, MutationFunction,
        QueryFunction, ReadAs, Token,
        wire::{HttpAnswer, http_body},
    },
    url::base_url,
};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};

/// Calls the functions of one deployment over HTTP, one request per call. It opens no socket and
/// has no subscriptions; use [`ConvexClient`](crate::ConvexClient) for live data.
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
/// let id = client.mutation::<_, String>("messages:send", NewMessage { body: "hello" }).await?;
/// # Ok(())
/// # }
/// ```
///
/// Arguments are anything that serializes to an object, pairs of names and values, or `()`.
///
/// A call starts when its future is first polled, and is aborted when the future is dropped.
///
/// # Limits
///
/// - It does not retry. After [`TimedOut`](HttpError::TimedOut) or
///   [`Unreachable`](HttpError::Unreachable), a mutation or action may have run.
/// - It does not queue: calls in flight at the same time may run in any order. Await a call before
///   the next if the order matters.
/// - It does not follow an identity provider: it sends the token that it was given.
///
/// # On a server
///
/// With the feature `server`, calls work on a server, too. Their futures are `Send` there; await
/// them in a tokio runtime, or they panic. Without the feature, calls outside a browser fail with
/// [`NotInBrowser`](HttpError::NotInBrowser).
///
/// All clients of a process share one pool of connections. A client is cheap, so create one per
/// request, with the token of the request's user. Redirects are not followed, cookies are not
/// stored, and the environment's proxy settings (`HTTPS_PROXY`) apply.
///
/// Set a [timeout](Self::with_timeout): a server has no limit of its own for a call, only 10 s for
/// opening a connection.
#[derive(Debug, Clone)]
pub struct ConvexHttpClient {
    url: Arc<str>,
    token: Option<Token>,
    timeout: Option<Duration>,
}

/// The name and value of the header that names the client. The server rejects versions that are not
/// exactly three numbers.
#[cfg(any(target_family = "wasm", feature = "server"))]
const CLIENT_HEADER: (&str, &str) = (
    "Convex-Client",
    concat!(
        "convex-leptos-",
        env!("CARGO_PKG_VERSION_MAJOR"),
        ".",
        env!("CARGO_PKG_VERSION_MINOR"),
        ".",
        env!("CARGO_PKG_VERSION_PATCH")
    ),
);

/// The [content type](RawResponse::content_type) of a response that has none.
#[cfg(any(target_family = "wasm", feature = "server"))]
const NO_CONTENT_TYPE: &str = "no content type";

/// The response of a server, which may not be a Convex deployment.
struct RawResponse {
    status: u16,
    content_type: String,
    body: String,
}

impl ConvexHttpClient {
    /// Creates a client of the deployment at `url`, an absolute `http` or `https` URL. If the URL
    /// cannot be that of a deployment, calls fail with [`HttpError::Url`].
    pub fn new(url: impl Into<Arc<str>>) -> Self {
        Self { url: url.into(), token: None, timeout: None }
    }

    /// Sends `token` with every call, as [`set_auth`](Self::set_auth) does.
    #[must_use]
    pub fn with_auth(mut self, token: impl Into<Arc<str>>) -> Self {
        self.set_auth(token);
        self
    }

    /// Aborts calls that take longer than `timeout`; they fail with
    /// [`TimedOut`](HttpError::TimedOut). Without a timeout, the browser's own limit applies; [on a
    /// server](Self#on-a-server) there is none.
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

    /// Sends `token`, a JWT that the deployment accepts, with every later call.
    ///
    /// ```
    /// # let token = "e30.e30.c2ln";
    /// let mut client = convex_web::ConvexHttpClient::new("https://happy-animal-123.convex.cloud");
    /// client.set_auth(token);
    /// // After the user has signed out:
    /// client.clear_auth();
    /// ```
    pub fn set_auth(&mut self, token: impl Into<Arc<str>>) {
        self.token = Some(Token::new(token));
    }

    /// Makes later calls anonymously.
    pub fn clear_auth(&mut self) {
        self.token = None;
    }

    /// Runs a query once.
    ///
    /// # Errors
    ///
    /// If the function throws, or the call fails in another way: see [`HttpError`].
    pub async fn query<F, T>(&self, function: F, args: impl CallArgs<F::Args>) -> Result<T, HttpError>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned,
    {
        self.call("query", function.path(), args.encode_args()?).await
    }

    /// Runs a mutation, at most once.
    ///
    /// # Errors
    ///
    /// If the function throws, or the call fails in another way: see [`HttpError`].
    pub async fn mutation<F, T>(&self, function: F, args: impl CallArgs<F::Args>) -> Result<T, HttpError>
    where
        F: MutationFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned,
    {
        self.call("mutation", function.path(), args.encode_args()?).await
    }

    /// Runs an action, at most once.
    ///
    /// # Errors
    ///
    /// If the function throws, or the call fails in another way: see [`HttpError`].
    ///
    /// ```
    /// # use convex_web::{ConvexHttpClient, HttpError};
    /// # async fn example(client: ConvexHttpClient) -> Result<(), HttpError> {
    /// let summary: String = client.action("ai:summarize", ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn action<F, T>(&self, function: F, args: impl CallArgs<F::Args>) -> Result<T, HttpError>
    where
        F: ActionFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned,
    {
        self.call("action", function.path(), args.encode_args()?).await
    }

    /// Runs a query once and returns the outcome as received, to decode it later or to pass it on.
    ///
    /// ```
    /// # use convex_web::{ConvexHttpClient, HttpError, sync::{Arguments, FunctionPath}};
    /// # async fn example(client: ConvexHttpClient) -> Result<(), HttpError> {
    /// let function = FunctionPath::parse("messages:list")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    /// match client.query_encoded(&function, &args).await? {
    ///     Ok(messages) => println!("{}", messages.as_json()),
    ///     Err(thrown) => println!("the query failed: {thrown}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it is unknown what the query returns; see [`HttpError`]. An error that the query throws
    /// is an outcome.
    pub async fn query_encoded(
        &self,
        function: &FunctionPath,
        args: &Arguments,
    ) -> Result<Result<EncodedValue, FunctionError>, HttpError> {
        self.run("query", function, args).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        function: &str,
        args: Option<Arguments>,
    ) -> Result<T, HttpError> {
        let function = FunctionPath::parse(function)?;
        let args = args.ok_or(HttpError::Skipped)?;
        Ok(self.run(endpoint, &function, &args).await??.decode()?)
    }

    async fn run(
        &self,
        endpoint: &str,
        function: &FunctionPath,
        args: &Arguments,
    ) -> Result<Result<EncodedValue, FunctionError>, HttpError> {
        let base = base_url(&self.url).map_err(|error| HttpError::Url(error.to_string()))?;
        let (url, body) = (format!("{base}/api/{endpoint}"), http_body(function, args)?);
        let RawResponse { status, content_type, body } =
            post(&url, self.token()?, body, self.timeout).await?;
        match HttpAnswer::read(status, &body, self.token.as_ref()) {
            HttpAnswer::Ran { outcome, log_lines } => {
                trace(function, &log_lines);
                Ok(outcome)
            }
            HttpAnswer::Failed { code, message } => Err(HttpError::Status { status, code, message }),
            HttpAnswer::Unreadable => Err(HttpError::Unreadable { status, content_type }),
        }
    }

    /// The token, if a header can contain it. (The browser's own error would quote the token.)
    fn token(&self) -> Result<Option<&Token>, HttpError> {
        let can_be_sent = |token: &&Token| token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        self.token.as_ref().map(|token| Some(token).filter(can_be_sent).ok_or(HttpError::Token)).transpose()
    }
}

/// Sends a request and receives the response, within `timeout`. The request is aborted when the
/// future is dropped, and on a timeout.
async fn post(
    url: &str,
    token: Option<&Token>,
    body: String,
    timeout: Option<Duration>,
) -> Result<RawResponse, HttpError> {
    let exchange = exchange(url, token, body);
    match timeout {
        None => exchange.await,
        Some(timeout) => with_timeout(timeout, exchange).await.unwrap_or(Err(HttpError::TimedOut)),
    }
}

#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "logged with the feature `tracing` only")
)]
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
    use serde::Serialize;

    fn client() -> ConvexHttpClient {
        ConvexHttpClient::new("https://happy-animal-123.convex.cloud")
    }

    fn error(client: &ConvexHttpClient, function: &str, args: impl Serialize) -> HttpError {
        client.query::<_, ()>(function, args).now_or_never().expect("nothing is sent").expect_err("it fails")
    }

    #[test]
    fn invalid_calls_fail_before_they_are_sent() {
        assert!(matches!(error(&client(), "messages/list-all:x", ()), HttpError::Path(_)));
        assert!(matches!(error(&client(), "messages:list", [1]), HttpError::Arguments(_)));
        assert_eq!(error(&client(), "messages:list", Skip), HttpError::Skipped);
        assert!(matches!(error(&ConvexHttpClient::new("/api"), "messages:list", ()), HttpError::Url(_)));
        for token in ["two words", "line\nbreak", "tökén"] {
            assert_eq!(error(&client().with_auth(token), "messages:list", ()), HttpError::Token, "{token}");
        }
    }

    #[cfg(not(feature = "server"))]
    #[test]
    fn calls_without_the_feature_name_it() {
        for client in [client(), client().with_auth("").with_timeout(Duration::ZERO)] {
            let error = error(&client, "messages:list", ());
            assert!(error.to_string().contains("`server` of convex-web"), "{error}");
        }
    }

    /// docs/auth.md, rule 13.
    #[test]
    fn debug_output_hides_the_token() {
        let output = format!("{:?}", client().with_auth("secret"));
        assert!(output.contains("Token(…)") && !output.contains("secret"), "{output}");
    }
}
