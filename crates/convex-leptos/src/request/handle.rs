//! The part that the handles of `use_mutation` and `use_action` share.

use super::{
    call_future::CallFuture,
    calls::{CallOutcome, Calls},
};
use crate::{CallOptions, ConvexClient, ConvexError};
use convex_web::{
    RequestFuture,
    sync::{Arguments, EncodeError, FunctionPath, NotSentReason, PathError, RequestOptions},
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The error of a call by a handle after its component is disposed.
pub(super) const DISPOSED: ConvexError = ConvexError::NotSent(NotSentReason::ClientClosed);

/// A function, the options of its calls, and their state.
pub(super) struct CallHandle<T> {
    client: ConvexClient,
    function: StoredValue<Result<FunctionPath, PathError>>,
    options: RequestOptions,
    calls: StoredValue<Calls<T>>,
}

/// A call that is ready to be sent.
pub(super) struct PreparedCall {
    pub(super) function: FunctionPath,
    pub(super) args: Arguments,
    pub(super) options: RequestOptions,
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> CallHandle<T> {
    #[track_caller]
    pub(super) fn new(client: ConvexClient, function: &str, options: CallOptions) -> Self {
        Self {
            client,
            function: StoredValue::new(FunctionPath::parse(function)),
            options: options.resolve(&client.shared()),
            calls: StoredValue::new(Calls::new()),
        }
    }

    // ---- getters: all tracked ----

    pub(super) fn pending(&self) -> bool {
        self.calls.try_get_value().is_some_and(|calls| calls.is_any_in_flight())
    }

    pub(super) fn value(&self) -> Option<T> {
        self.outcome()?.ok().map(Arc::unwrap_or_clone)
    }

    pub(super) fn error(&self) -> Option<ConvexError> {
        self.outcome()?.err()
    }

    fn outcome(&self) -> Option<CallOutcome<T>> {
        let identity_changes = self.client.try_shared().map_or(0, |client| {
            client.identity().track();
            client.web().identity_changes()
        });
        self.calls.try_get_value()?.outcome(identity_changes)
    }

    // ---- commands ----

    /// Starts a call; `send` makes the request.
    pub(super) fn call(
        &self,
        args: Result<Option<Arguments>, EncodeError>,
        send: impl FnOnce(&convex_web::ConvexClient, PreparedCall) -> Result<RequestFuture, ConvexError>,
    ) -> CallFuture<T> {
        let calls = self.calls.try_get_value().unwrap_or_else(Calls::new);
        let call = calls.begin(self.client.try_shared().map_or(0, |client| client.web().identity_changes()));
        CallFuture::new(self.request(args, send), move |outcome| calls.end(call, outcome))
    }

    pub(super) fn clear(&self) {
        if let Some(calls) = self.calls.try_get_value() {
            calls.clear();
        }
    }

    fn request(
        &self,
        args: Result<Option<Arguments>, EncodeError>,
        send: impl FnOnce(&convex_web::ConvexClient, PreparedCall) -> Result<RequestFuture, ConvexError>,
    ) -> Result<RequestFuture, ConvexError> {
        let function = self.function.try_get_value().ok_or(DISPOSED)??;
        let args = args?.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?;
        let client = self.client.try_shared().ok_or(DISPOSED)?;
        untrack(|| send(client.web(), PreparedCall { function, args, options: self.options }))
    }
}

impl<T> Clone for CallHandle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for CallHandle<T> {}
