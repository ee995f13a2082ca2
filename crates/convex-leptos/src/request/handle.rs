//! What the handles of `use_mutation` and `use_action` share.

use super::{
    call_future::CallFuture,
    calls::{Calls, Outcome},
};
use crate::{AuthPolicy, ConvexClient, ConvexError, query::QueryOptions};
use convex_web::{
    RequestFuture,
    sync::{Arguments, EncodeError, FunctionPath, NotSentReason, PathError, RequestOptions},
};
use futures_channel::oneshot;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};

/// What becomes of a call by a handle whose component is gone.
pub(super) const GONE: ConvexError = ConvexError::NotSent(NotSentReason::ClientClosed);

/// A function to call, how it is called, and how its calls stand.
pub(super) struct Handle<T> {
    client: ConvexClient,
    function: StoredValue<Result<FunctionPath, PathError>>,
    options: RequestOptions,
    calls: StoredValue<Calls<T>>,
}

/// A call as it is to be made.
pub(super) struct Call {
    pub(super) function: FunctionPath,
    pub(super) args: Arguments,
    pub(super) options: RequestOptions,
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> Handle<T> {
    #[track_caller]
    pub(super) fn new(client: ConvexClient, function: &str) -> Self {
        Self {
            client,
            function: StoredValue::new(FunctionPath::parse(function)),
            options: QueryOptions::default().resolve(&client.shared()).into(),
            calls: StoredValue::new(Calls::new()),
        }
    }

    pub(super) fn with_auth(self, auth: AuthPolicy) -> Self {
        Self { options: RequestOptions { auth, ..self.options }, ..self }
    }

    pub(super) fn with_timeout(self, timeout: Duration) -> Self {
        Self { options: RequestOptions { timeout: Some(timeout), ..self.options }, ..self }
    }

    // ---- getters: all tracked ----

    pub(super) fn pending(&self) -> bool {
        self.calls.try_get_value().is_some_and(|calls| calls.is_any_under_way())
    }

    pub(super) fn value(&self) -> Option<T> {
        self.outcome()?.ok().map(Arc::unwrap_or_clone)
    }

    pub(super) fn error(&self) -> Option<ConvexError> {
        self.outcome()?.err()
    }

    fn outcome(&self) -> Option<Outcome<T>> {
        let sessions_ended = self.client.try_shared().map_or(0, |client| {
            client.identity().track();
            client.web().identity_changes()
        });
        self.calls.try_get_value()?.outcome(sessions_ended)
    }

    // ---- commands ----

    /// `send` makes the request.
    pub(super) fn call(
        &self,
        args: Result<Option<Arguments>, EncodeError>,
        send: impl FnOnce(&convex_web::ConvexClient, Call) -> Result<RequestFuture, ConvexError>,
    ) -> CallFuture<T> {
        let calls = self.calls.try_get_value().unwrap_or_else(Calls::new);
        let call = calls.begin(self.client.try_shared().map_or(0, |client| client.web().identity_changes()));
        let (sender, outcome) = oneshot::channel();
        let end = move |result: Result<_, _>| {
            let outcome = result.map(Arc::new);
            calls.end(call, outcome.clone());
            // Nobody may be waiting.
            let _ = sender.send(outcome);
        };
        let request = match self.request(args, send) {
            Ok(request) => Some(request.on_outcome(move |outcome| {
                end(outcome.and_then(|value| value.decode().map_err(ConvexError::Result)));
            })),
            Err(error) => {
                end(Err(error));
                None
            }
        };
        CallFuture { outcome, request }
    }

    pub(super) fn reset(&self) {
        if let Some(calls) = self.calls.try_get_value() {
            calls.reset();
        }
    }

    fn request(
        &self,
        args: Result<Option<Arguments>, EncodeError>,
        send: impl FnOnce(&convex_web::ConvexClient, Call) -> Result<RequestFuture, ConvexError>,
    ) -> Result<RequestFuture, ConvexError> {
        let function = self.function.try_get_value().ok_or(GONE)??;
        let args = args?.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?;
        let client = self.client.try_shared().ok_or(GONE)?;
        untrack(|| send(client.web(), Call { function, args, options: self.options }))
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}
