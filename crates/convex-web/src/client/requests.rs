//! One-shot queries, mutations and actions.

use super::ConvexClient;
use crate::{
    RequestFuture,
    outcome::PendingRequest,
    sync::{Arguments, FunctionPath, LocalStore, OptimisticError, RequestOptions},
};
use std::sync::Arc;

/// # Requests
///
/// The options of a request can be a [`AuthPolicy`](crate::sync::AuthPolicy) alone. A request is
/// started when the method returns; awaiting the future is optional.
impl ConvexClient {
    /// Runs a query once.
    ///
    /// The future returns the first result that the server sends for the current user, or at once
    /// the result of an equal live query. It is the server's result, without optimistic updates. It
    /// fails if the request times out, is cancelled, or the identity changes. Leaving the page
    /// while it is in flight shows no warning.
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::{Arguments, ConvexError, FunctionPath, AuthPolicy}};
    /// # async fn run(client: ConvexClient) -> Result<(), ConvexError> {
    /// let export = FunctionPath::parse("messages:export")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    /// let lines: Vec<String> = client.query(export, args, AuthPolicy::Settled).await?.decode()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: impl Into<RequestOptions>,
    ) -> RequestFuture {
        let options = options.into();
        self.future(self.0.request(move |core, now| core.query_once(now, function, args, options)))
    }

    /// Runs a mutation once, after the mutations that were called before it.
    ///
    /// The future resolves after the [`Update`](crate::Update) that contains the mutation's writes.
    pub fn mutate(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: impl Into<RequestOptions>,
    ) -> RequestFuture {
        let options = options.into();
        self.future(self.0.request(move |core, now| core.mutate(now, function, args, options)))
    }

    /// Runs a [mutation](Self::mutate) and shows its expected result at once.
    ///
    /// `update` changes the results of queries until the [`Update`](crate::Update) that contains
    /// the mutation's own writes, or until it fails. There is no moment at which results show both
    /// or neither.
    ///
    /// `update` runs again whenever the results below it change, so it must depend on nothing but
    /// the [`LocalStore`]. It should not [use the client](Self#inside-an-optimistic-update). If it
    /// returns an error, its changes are removed and
    /// [`Update::failed_updates`](crate::Update::failed_updates) reports the error; the mutation
    /// still runs.
    ///
    /// ```no_run
    /// use convex_web::ConvexClient;
    /// use convex_web::sync::{Arguments, EncodedValue, FunctionPath, LocalStore, AuthPolicy, OptimisticError};
    ///
    /// # fn run(client: &ConvexClient, like: FunctionPath, count: FunctionPath, args: Arguments) {
    /// let liked = client.mutate_optimistically(like, args.clone(), AuthPolicy::Settled, move |store: &mut LocalStore<'_>| {
    ///     let likes = store.get(&count, &args).and_then(|value| value.decode::<f64>().ok());
    ///     if let Some(likes) = likes {
    ///         let more = EncodedValue::encode(&(likes + 1.0)).map_err(|error| OptimisticError::new(error.to_string()))?;
    ///         store.set(&count, &args, more);
    ///     }
    ///     Ok(())
    /// });
    /// # drop(liked);
    /// # }
    /// ```
    pub fn mutate_optimistically(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: impl Into<RequestOptions>,
        update: impl FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync + 'static,
    ) -> RequestFuture {
        let options = options.into();
        self.future(
            self.0.request(move |core, now| core.mutate_optimistically(now, function, args, options, update)),
        )
    }

    /// Runs an action, at most once.
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::{Arguments, ConvexError, FunctionPath, RequestOptions}};
    /// # use std::time::Duration;
    /// # async fn example(client: &ConvexClient, args: Arguments) -> Result<(), ConvexError> {
    /// let options = RequestOptions { timeout: Some(Duration::from_secs(60)), ..RequestOptions::default() };
    /// let summary: String = client.act(FunctionPath::parse("ai:summarize")?, args, options).await?.decode()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn act(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: impl Into<RequestOptions>,
    ) -> RequestFuture {
        let options = options.into();
        self.future(self.0.request(move |core, now| core.act(now, function, args, options)))
    }

    fn future(&self, request: PendingRequest) -> RequestFuture {
        RequestFuture::new(Arc::downgrade(&self.0), request)
    }
}
