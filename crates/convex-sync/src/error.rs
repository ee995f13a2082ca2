//! Everything that can go wrong with one query, mutation or action, as values.

use crate::path::PathError;
use crate::value::{DecodeError, EncodeError, EncodedValue};
use std::sync::Arc;

/// What a Convex function threw, or what the server said in its stead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// The server's message. A production deployment hides the text of plain errors, but never that of a
    /// `ConvexError`.
    pub message: Arc<str>,
    /// The `data` of a `ConvexError` thrown by the function; `Some` holding `null` where it threw
    /// `ConvexError(null)`, `None` for any other error.
    pub data: Option<EncodedValue>,
}

/// Why a query, mutation or action gave no value.
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
    /// The request left, and no answer will come: the connection was lost, it took longer than its timeout, or it was
    /// cancelled. It may have been executed.
    #[error(
        "the request was sent, and no answer to it will come: it may have been executed; see what it did before calling it again"
    )]
    OutcomeUnknown,
    /// Somebody else signed in, or the person signed out, before the request could leave. It was not executed.
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
        "it needs a signed-in person, and nobody is signed in; sign in first, or call it with `QueryAuth::Settled` if it may run for nobody"
    )]
    Unauthenticated,
    /// The client was closed.
    #[error("the client was closed")]
    ClientClosed,
}

impl ConvexError {
    /// The data of the `ConvexError` the function threw, where it threw one.
    pub fn data(&self) -> Option<&EncodedValue> {
        match self {
            Self::Function(error) => error.data.as_ref(),
            _ => None,
        }
    }
}
