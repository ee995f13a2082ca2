//! What is asked of the deployment once.

use super::ConvexClient;
use crate::{
    RequestFuture,
    request::Pending,
    sync::{Arguments, FunctionPath, LocalStore, OptimisticError, RequestOptions},
};
use std::sync::Arc;

impl ConvexClient {
    /// Asks a query once: the future has the first result that the server gives to who is asking,
    /// or at once the one that it keeps up to date already. It is the server's own, without
    /// optimistic updates. The options can be a [`AuthPolicy`](crate::sync::AuthPolicy) alone.
    ///
    /// It ends as a request does: without a result where it takes longer than its timeout, is
    /// cancelled, or somebody else signs in. A page may be left while it is under way.
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
        self.request(self.0.driver().query_once(function, args, options.into()))
    }

    /// Runs a mutation once, after the ones called before it. It is under way when this returns;
    /// the future tells how it ended, after the [`Update`](crate::Update) that shows its writes.
    /// The options can be a [`AuthPolicy`](crate::sync::AuthPolicy) alone.
    pub fn mutate(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: impl Into<RequestOptions>,
    ) -> RequestFuture {
        self.request(self.0.driver().mutate(function, args, options.into()))
    }

    /// Runs a mutation as [`mutate`](Self::mutate) does, and shows at once what it is expected to
    /// do: `update` changes what queries show until the [`Update`](crate::Update) that shows the
    /// mutation's own writes, or until it has failed. Whoever awaits the future finds neither
    /// twice.
    ///
    /// It is called again whenever the results it lies over change, so it must be a function of
    /// nothing but the [`LocalStore`]. It should not [use the
    /// client](Self#inside-an-optimistic-update). Where it fails, nothing of it is shown any more,
    /// and [`Update::failed_updates`](crate::Update::failed_updates) says why; the mutation runs
    /// all the same.
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
        self.request(self.0.driver().mutate_optimistically(function, args, options.into(), update))
    }

    /// Runs an action, at most once. It is under way when this returns. The options can be a
    /// [`AuthPolicy`](crate::sync::AuthPolicy) alone.
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
        self.request(self.0.driver().act(function, args, options.into()))
    }

    fn request(&self, pending: Pending) -> RequestFuture {
        RequestFuture::new(Arc::downgrade(&self.0), pending)
    }
}
