//! Everything that can go wrong with one query, mutation or action, as values.

use crate::path::PathError;
use crate::value::{DecodeError, EncodeError, EncodedValue};
use std::sync::Arc;

/// What a Convex function threw, or what the server said in its stead.
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
    /// The server's message. A production deployment hides the text of plain errors, but never that
    /// of a `ConvexError`.
    pub message: Arc<str>,
    /// The `data` of a `ConvexError` thrown by the function; `Some` holding `null` where it threw
    /// `ConvexError(null)`, `None` for any other error.
    pub data: Option<EncodedValue>,
}

/// Why a query, mutation or action gave no value.
///
/// ```
/// use convex_sync::{ConvexError, NotSentReason};
///
/// fn tell(error: &ConvexError) -> String {
///     match error {
///         ConvexError::Function(error) => error.message.to_string(),
///         // It is certain that nothing was written.
///         ConvexError::NotSent(_) | ConvexError::IdentityChanged => "Not sent. Send it again?".to_owned(),
///         ConvexError::OutcomeUnknown => "It may have been sent: see whether it is there.".to_owned(),
///         // A mistake in the program, or a client that has stopped: the text says what to do.
///         error => error.to_string(),
///     }
/// }
/// assert_eq!(tell(&ConvexError::NotSent(NotSentReason::TimedOut)), "Not sent. Send it again?");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvexError {
    /// The function threw.
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
    /// The request never left this client: it is certain that it was not executed.
    #[error("the request was not sent, and so was not executed: {0}")]
    NotSent(NotSentReason),
    /// The request was sent, and no answer will come: the connection was lost (an action), one
    /// connection after the other was closed under it (a mutation;
    /// [`Event::Log`](crate::Event::Log) says why), it took longer than its timeout, or it was
    /// cancelled. It may have been executed.
    #[error(
        "the request was sent, and no answer to it will come: it may have been executed; see what it did before calling it again"
    )]
    OutcomeUnknown,
    /// Somebody else signed in, or the person signed out, before the request could leave. It was
    /// not executed.
    #[error(
        "the request was not sent, and so was not executed: who was signed in when it was called no longer is; \
         call it again to run it as whoever is now"
    )]
    IdentityChanged,
    /// The client stopped for good.
    #[error(
        "the Convex client has stopped for good and answers nothing any more: {0}; a new client (reload the page) starts anew"
    )]
    Fatal(Arc<str>),
}

/// Why a request was never sent.
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # while client.poll_event().is_some() {}
/// // Nobody is signed in, and it is known: what needs somebody fails at once instead of waiting.
/// let send = FunctionPath::parse("messages:send")?;
/// let args = Arguments::encode(&())?.expect("`()` is `{}`");
/// let request = client.mutate(Time::ZERO, send, args, AuthPolicy::Required.into());
/// let outcome = Err(ConvexError::NotSent(NotSentReason::Unauthenticated));
/// let told: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
/// assert!(told.contains(&Event::Response { request, outcome }));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotSentReason {
    /// It was cancelled.
    #[error("it was cancelled")]
    Cancelled,
    /// It could not leave within its [timeout](crate::RequestOptions::timeout).
    #[error("it could not leave within its timeout; the state of the connection tells what it waited for")]
    TimedOut,
    /// It needs a signed-in person, and nobody is.
    #[error(
        "it needs a signed-in person, and nobody is signed in; sign in first, or call it with `AuthPolicy::Settled` if it may run for nobody"
    )]
    Unauthenticated,
    /// The client was closed.
    #[error("the client was closed")]
    ClientClosed,
    /// It was called by code that the client runs: an optimistic update, or the filter of a
    /// suspension.
    #[error(
        "it was called inside an optimistic update or the filter of a suspension; call it outside of these"
    )]
    ClientBusy,
}

impl ConvexError {
    /// The data of the `ConvexError` the function threw, where it threw one.
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
