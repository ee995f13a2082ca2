//! The errors of queries, mutations and actions.

use crate::path::PathError;
use crate::value::{DecodeError, EncodeError, EncodedValue};
use std::sync::Arc;

/// An error that a Convex function threw, or that the server reports for it.
///
/// ```
/// use convex_sync::{EncodedValue, FunctionError};
/// use serde_json::json;
///
/// // `throw new ConvexError({ code: "TOO_LONG", limit: 500 })`
/// let data = EncodedValue::encode(&json!({ "code": "TOO_LONG", "limit": 500 }))?;
/// let error = FunctionError { message: "Uncaught ConvexError".into(), data: Some(data) };
///
/// #[derive(serde::Deserialize)]
/// struct TooLong { limit: usize }
///
/// let too_long = error.data.and_then(|data| data.decode::<TooLong>().ok());
/// assert_eq!(too_long.map(|data| data.limit), Some(500));
/// # Ok::<(), convex_sync::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// The server's message. A production deployment hides the messages of plain errors, but never
    /// those of a `ConvexError`.
    pub message: Arc<str>,
    /// The `data` of a `ConvexError` that the function threw: `Some` with `null` for
    /// `ConvexError(null)`, `None` for any other error.
    pub data: Option<EncodedValue>,
}

/// Why a query, mutation or action has no result.
///
/// ```
/// use convex_sync::{ConvexError, NotSentReason};
///
/// fn text(error: &ConvexError) -> String {
///     match error {
///         ConvexError::Function(error) => error.message.to_string(),
///         // Nothing was written.
///         ConvexError::NotSent(_) | ConvexError::IdentityChanged => "Not sent. Send it again?".to_owned(),
///         ConvexError::OutcomeUnknown => "It may have been sent. Check before you send it again.".to_owned(),
///         // A bug in the app, or a stopped client: the message says what to do.
///         error => error.to_string(),
///     }
/// }
/// assert_eq!(text(&ConvexError::NotSent(NotSentReason::TimedOut)), "Not sent. Send it again?");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvexError {
    /// The function threw an error.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The function's path is invalid. The request was not sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The arguments cannot be encoded. The request was not sent.
    #[error(transparent)]
    Arguments(#[from] EncodeError),
    /// The function's result cannot be decoded as the expected type.
    #[error(transparent)]
    Result(#[from] DecodeError),
    /// The request was not sent, so it was not executed.
    #[error("the request was not sent: {0}")]
    NotSent(NotSentReason),
    /// The request was sent, and its outcome will not be known. It may have been executed. Causes:
    /// the connection was lost (an action); several connections in a row were closed while it was
    /// unanswered (a mutation; [`Event::Log`](crate::Event::Log) has the reason); it timed out; or
    /// it was cancelled.
    #[error(
        "the request was sent, but its outcome is unknown; check whether it was executed before you call it again"
    )]
    OutcomeUnknown,
    /// The signed-in user changed, or signed out, before the request was sent. It was not executed.
    #[error(
        "the request was not sent: the signed-in user changed after the call; \
         call it again as the current user"
    )]
    IdentityChanged,
    /// The client has stopped with an error.
    #[error("the Convex client has stopped: {0}; reload the page")]
    Fatal(Arc<str>),
}

/// Why a request was not sent.
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # while client.poll_event().is_some() {}
/// // No user is signed in: a request that requires one fails at once.
/// let send = FunctionPath::parse("messages:send")?;
/// let args = Arguments::encode(&())?.expect("`()` is `{}`");
/// let request = client.mutate(Time::ZERO, send, args, AuthPolicy::Required.into());
/// let outcome = Err(ConvexError::NotSent(NotSentReason::Unauthenticated));
/// let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
/// assert!(events.contains(&Event::Response { request, outcome }));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotSentReason {
    /// It was cancelled.
    #[error("it was cancelled")]
    Cancelled,
    /// It was not sent within its [timeout](crate::RequestOptions::timeout).
    #[error("it was not sent within its timeout; the connection state says why")]
    TimedOut,
    /// It requires a signed-in user, and no user is signed in.
    #[error("it requires a signed-in user; sign in first, or call it with `AuthPolicy::Settled`")]
    Unauthenticated,
    /// The client was closed.
    #[error("the client was closed")]
    ClientClosed,
    /// It was called inside a callback of the client: an optimistic update or the filter of a
    /// suspension.
    #[error("it was called inside an optimistic update or a suspension filter; call it outside")]
    ClientBusy,
}

impl ConvexError {
    /// The `data` of the `ConvexError` that the function threw, if it threw one.
    ///
    /// ```
    /// use convex_sync::{ConvexError, EncodedValue, FunctionError};
    ///
    /// let data = Some(EncodedValue::encode("BLOCKED")?);
    /// let blocked = ConvexError::from(FunctionError { message: "Uncaught ConvexError".into(), data });
    /// assert_eq!(blocked.data().map(|data| data.decode::<String>()), Some(Ok("BLOCKED".to_owned())));
    /// assert_eq!(ConvexError::OutcomeUnknown.data(), None);
    /// # Ok::<(), convex_sync::EncodeError>(())
    /// ```
    pub fn data(&self) -> Option<&EncodedValue> {
        match self {
            Self::Function(error) => error.data.as_ref(),
            _ => None,
        }
    }
}
