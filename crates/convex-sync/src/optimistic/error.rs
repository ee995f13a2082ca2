//! The failure of an optimistic update.

use crate::{DecodeError, EncodeError, PathError};
use std::sync::Arc;

/// The failure of an optimistic update. The update is removed; its mutation still runs.
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # while client.poll_event().is_some() {}
/// let (rename, args) = (FunctionPath::parse("users:rename")?, Arguments::encode(&())?.expect("`()` is `{}`"));
/// let (current, no_args) = (FunctionPath::parse("users:current")?, args.clone());
/// let request = client.mutate_optimistically(Time::ZERO, rename, args, RequestOptions::default(), move |store| {
///     let _user = store.get(&current, &no_args).ok_or_else(|| OptimisticError::new("the user is not loaded"))?;
///     Ok(())
/// });
/// let error = OptimisticError::new("the user is not loaded");
/// let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
/// assert!(events.contains(&Event::OptimisticUpdateFailed { request, error }));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an optimistic update failed and is not shown: {reason}; its mutation still runs")]
pub struct OptimisticError {
    /// The reason that the update gave.
    pub reason: Arc<str>,
}

impl OptimisticError {
    /// Creates a failure with a reason.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into() }
    }
}

impl From<DecodeError> for OptimisticError {
    fn from(error: DecodeError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<EncodeError> for OptimisticError {
    fn from(error: EncodeError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<PathError> for OptimisticError {
    fn from(error: PathError) -> Self {
        Self::new(error.to_string())
    }
}
