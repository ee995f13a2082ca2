//! The subscription to a query, and the getters of its state.

use super::{
    QueryStatus, SubscribeOptions,
    args::DecidedArgs,
    cache::{DecodedResult, QueryResult},
};
use crate::{
    ConvexError,
    client::Shared,
    page::PageQuery,
    watch::{Subscription, Target, Watch},
};
use convex_web::sync::{Arguments, FunctionPath, NotSentReason, QueryHandle};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A subscription to a query, with the result as a `T`.
pub(crate) struct QuerySubscription<T> {
    client: Arc<Shared>,
    query: QueryHandle,
    decoded: Arc<DecodedResult<T>>,
    page: PageQuery,
}

impl<T: DeserializeOwned + Send + Sync + 'static> QuerySubscription<T> {
    fn new(
        client: &Arc<Shared>,
        function: &FunctionPath,
        args: &Arguments,
        options: SubscribeOptions,
    ) -> Self {
        let query = client.web().subscribe(function, args, options.auth);
        let page = client.page().add_query(client, query, None, options.on_server);
        let decoded = client.cache().decoded(query, || client.page().result(client.web(), query));
        Self { client: Arc::clone(client), query, decoded, page }
    }
}

impl<T: Send + Sync + 'static> Subscription for QuerySubscription<T> {
    fn is_loading(&self) -> bool {
        self.decoded.result().read().is_none()
    }

    fn is_left_to_browser(&self) -> bool {
        self.page.is_left_to_browser()
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

    /// What a reader sees of [`result`](Self::result). Tracked.
    pub(crate) fn displayed_result(self: &Arc<Self>) -> QueryResult<T> {
        self.suspend_reader();
        if self.is_hidden() { None } else { self.result() }
    }

    /// What a reader sees of the status. Tracked.
    pub(crate) fn displayed_status(&self) -> QueryStatus {
        self.note_reader();
        if self.is_hidden() { QueryStatus::Loading } else { self.status() }
    }

    fn status(&self) -> QueryStatus {
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

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> QueryWatch<Vec<T>> {
    /// Makes the current subscription decode only the items that have changed. Tracked.
    pub(crate) fn reuse_items(&self) {
        if let Target::Active(current) = &*self.target().read() {
            current.decoded.reuse_items();
        }
    }
}

/// Subscribes to a query with these arguments.
pub(crate) fn subscribe<T>(
    client: &Arc<Shared>,
    function: &FunctionPath,
    args: DecidedArgs,
    options: SubscribeOptions,
) -> Target<QuerySubscription<T>>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    Target::subscribe(args, |args| QuerySubscription::new(client, function, args, options))
}
