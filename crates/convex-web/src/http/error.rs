//! How a call over HTTP fails.

use crate::sync::{DecodeError, EncodeError, EncodedValue, FunctionError, PathError};

/// Why a call over HTTP gave no value.
///
/// ```
/// use convex_web::HttpError;
///
/// fn advice(error: &HttpError) -> &'static str {
///     match error {
///         HttpError::Function(_) => "correct what you typed",
///         HttpError::Status { status: 401, .. } => "sign in again",
///         // A mutation may have been executed all the same.
///         HttpError::Unreachable | HttpError::TimedOut => "look whether it happened before you try again",
///         _ => "tell us about it",
///     }
/// }
/// assert_eq!(advice(&HttpError::Unreachable), "look whether it happened before you try again");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The function threw. Nothing of a mutation was written.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The function's path is not one a server could know. Nothing was sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The arguments cannot be sent. Nothing was sent.
    #[error(transparent)]
    Arguments(#[from] EncodeError),
    /// The function returned a value, but not one of the type that was asked for.
    #[error(transparent)]
    Result(#[from] DecodeError),
    /// The arguments are a [`Skip`](crate::sync::Skip). Nothing was sent.
    #[error("the arguments say that the function is not to be called, so it was not")]
    Skipped,
    /// The client's URL cannot be a deployment's. Nothing was sent.
    #[error("{0}")]
    Url(String),
    /// The token has characters that no header can have. Nothing was sent.
    #[error(
        "the token has characters in it that cannot be sent; give the client a JWT, and nothing around it"
    )]
    Token,
    /// The page's Content-Security-Policy does not allow the request. Nothing was sent.
    #[error(
        "the browser refuses to send a request to {url}, because the page's Content-Security-Policy does not allow it; \
         add the address to its `connect-src`"
    )]
    Blocked {
        /// The URL of the request.
        url: String,
    },
    /// The deployment answered with an error of its own: 401 where it does not accept the token,
    /// 429 and 503 where it is overloaded, and so on.
    #[error("the deployment answered with an error: {message} (status {status}, {code})")]
    Status {
        /// The status. From 500 on, a mutation or action may have been executed.
        status: u16,
        /// Its short name, such as `Unauthenticated`.
        code: String,
        /// What it said.
        message: String,
    },
    /// Something answered that is no Convex deployment: another server at its address, or one in
    /// between. A mutation or action may have been executed.
    #[error(
        "the answer is not one of a Convex deployment (status {status}, {content}); does the URL lead to one?"
    )]
    Unreadable {
        /// The status of the answer.
        status: u16,
        /// What the answer claims to be, such as `text/html`.
        content: String,
    },
    /// No answer came, or only a part of one: there is no network, or no such server, or the
    /// connection was lost. A mutation or action may have been executed.
    #[error("the deployment cannot be reached; check the connection, and the URL with its port")]
    Unreachable,
    /// No answer came within the [timeout](crate::ConvexHttpClient::with_timeout). A mutation or
    /// action may have been executed.
    #[error("the deployment did not answer within the timeout; the call may have been executed all the same")]
    TimedOut,
    /// There is no browser to send it with: the program runs on a server.
    #[error("calls over HTTP are made by browsers only, and this program runs in none")]
    NotInBrowser,
}

impl HttpError {
    /// The data of the `ConvexError` the function threw, where it threw one.
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
