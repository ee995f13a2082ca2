//! The subscription to a query, and the getters of its state.

use super::{
    QueryStatus,
    args::EncodedArgs,
    cache::{DecodedResult, QueryResult},
};
use crate::{
    ConvexError,
    client::Shared,
    watch::{Subscription, Target, Watch},
};
use convex_web::sync::{Arguments, AuthPolicy, FunctionPath, NotSentReason, QueryHandle};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A subscription to a query, with the result as a `T`.
pub(crate) struct QuerySubscription<T> {
    client: Arc<Shared>,
    query: QueryHandle,
    decoded: Arc<DecodedResult<T>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> QuerySubscription<T> {
    fn new(client: &Arc<Shared>, function: &FunctionPath, args: &Arguments, auth: AuthPolicy) -> Self {
        let query = client.web().subscribe(function, args, auth);
        let decoded = client.cache().decoded(query, || client.web().result(query));
        Self { client: Arc::clone(client), query, decoded }
    }
}

impl<T: Send + Sync + 'static> Subscription for QuerySubscription<T> {
    fn is_loading(&self) -> bool {
        self.decoded.result().read().is_none()
    }
}

impl<T> Drop for QuerySubscription<T> {
    fn drop(&mut self) {
        self.client.web().unsubscribe(self.query);
    }
}

/// The state of one `use_query`, or of one entry of `use_queries`.
pub(crate) type QueryWatch<T> = Watch<QuerySubscription<T>>;

impl<T: Send + Sync + 'static> QueryWatch<T> {
    /// The current result; while it loads, the previous one. Tracked.
    pub(crate) fn result(&self) -> QueryResult<T> {
        match &*self.target().read() {
            Target::Pending | Target::Skipped | Target::Closed => None,
            Target::Refused(error) => Some(Err(error.clone())),
            Target::Active(current) => {
                current.decoded.result().get().or_else(|| self.previous()?.decoded.result().get())
            }
        }
    }

    /// The current result, for a future. Tracked.
    pub(crate) fn settled(&self) -> QueryResult<T> {
        match &*self.target().read() {
            Target::Pending | Target::Skipped => None,
            Target::Closed => Some(Err(ConvexError::NotSent(NotSentReason::Cancelled))),
            Target::Refused(error) => Some(Err(error.clone())),
            Target::Active(current) => current.decoded.result().get(),
        }
    }

    /// Tracked.
    pub(crate) fn status(&self) -> QueryStatus {
        match &*self.target().read() {
            Target::Pending => QueryStatus::Loading,
            Target::Skipped | Target::Closed => QueryStatus::Skipped,
            Target::Refused(_) => QueryStatus::Error,
            Target::Active(current) => match &*current.decoded.result().read() {
                None => QueryStatus::Loading,
                Some(Ok(_)) => QueryStatus::Ready,
                Some(Err(_)) => QueryStatus::Error,
            },
        }
    }
}

/// Subscribes to a query with these arguments.
pub(crate) fn subscribe<T>(
    client: &Arc<Shared>,
    function: &FunctionPath,
    args: EncodedArgs,
    auth: AuthPolicy,
) -> Target<QuerySubscription<T>>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    Target::subscribe(args, |args| QuerySubscription::new(client, function, args, auth))
}
