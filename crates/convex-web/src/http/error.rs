//! The errors of calls over HTTP.

use crate::sync::{DecodeError, EncodeError, EncodedValue, FunctionError, PathError};

/// Why a call over HTTP failed.
///
/// ```
/// use convex_web::HttpError;
///
/// fn advice(error: &HttpError) -> &'static str {
///     match error {
///         HttpError::Function(_) => "check the form",
///         HttpError::Status { status: 401, .. } => "sign in again",
///         // A mutation may have run.
///         HttpError::Unreachable | HttpError::TimedOut => "check whether it was saved before you try again",
///         _ => "contact support",
///     }
/// }
/// assert_eq!(advice(&HttpError::Unreachable), "check whether it was saved before you try again");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The function threw an error. A mutation wrote nothing.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The function's path is invalid. Nothing was sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The arguments cannot be encoded. Nothing was sent.
    #[error(transparent)]
    Arguments(#[from] EncodeError),
    /// The function returned a value that does not decode to the requested type.
    #[error(transparent)]
    Result(#[from] DecodeError),
    /// The arguments are a [`Skip`](crate::sync::Skip). Nothing was sent.
    #[error("the function was not called: its arguments are `Skip`")]
    Skipped,
    /// The client's URL cannot be that of a deployment. Nothing was sent.
    #[error("{0}")]
    Url(String),
    /// The token contains characters that are not allowed in a header. Nothing was sent.
    #[error("the token contains characters that cannot be sent; pass the JWT alone")]
    Token,
    /// The page's Content-Security-Policy does not allow the request. Nothing was sent.
    #[error(
        "the page's Content-Security-Policy does not allow requests to {url}; add the address to its `connect-src`"
    )]
    Blocked {
        /// The URL of the request.
        url: String,
    },
    /// The deployment responded with an error: 401 if it does not accept the token, 429 or 503 if
    /// it is overloaded, and so on.
    #[error("the deployment responded with an error: {message} (status {status}, {code})")]
    Status {
        /// The HTTP status. From 500 on, a mutation or action may have run.
        status: u16,
        /// The error code, such as `Unauthenticated`.
        code: String,
        /// The error message.
        message: String,
    },
    /// The response is not one of a Convex deployment: another server is at the URL, or a proxy
    /// between. A mutation or action may have run. On a server, this is also the outcome of a
    /// redirect (status 3xx): it is not followed.
    #[error("the response is not from a Convex deployment (status {status}, {content_type}); check the URL")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type` of the response, such as `text/html`.
        content_type: String,
    },
    /// There was no complete response: the network or the server is down, or the connection was
    /// lost. A mutation or action may have run.
    #[error("the deployment cannot be reached; check the connection, and the URL with its port")]
    Unreachable,
    /// The call exceeded its [timeout](crate::ConvexHttpClient::with_timeout). A mutation or action
    /// may have run.
    #[error("the deployment did not respond within the timeout; the call may have run")]
    TimedOut,
    /// The server has no HTTP client with TLS, because its root certificates cannot be loaded.
    /// Nothing was sent.
    #[error("there is no TLS: {0}; install the CA certificates of the system")]
    Tls(String),
    /// The program does not run in a browser, and was built without the feature `server`. Nothing
    /// was sent.
    #[error(
        "calls over HTTP outside a browser need the feature `server` of convex-web (`ssr` of convex-leptos)"
    )]
    NotInBrowser,
}

impl HttpError {
    /// The data of the `ConvexError` that the function threw, if it threw one.
    ///
    /// ```
    /// use convex_web::HttpError;
    ///
    /// fn limit(error: &HttpError) -> Option<f64> {
    ///     error.data()?.decode().ok()
    /// }
    /// assert_eq!(limit(&HttpError::TimedOut), None);
    /// ```
    pub fn data(&self) -> Option<&EncodedValue> {
        match self {
            Self::Function(error) => error.data.as_ref(),
            _ => None,
        }
    }
}
