//! Prewarming and suspending queries.

use super::ConvexClient;
use crate::{IntoQueryArgs, PrewarmOptions, SuspendedResults, Suspension, query::resolve_auth};
use convex_web::sync::{Arguments, FunctionPath, QueryFunction};
use leptos::prelude::*;

impl ConvexClient {
    /// Keeps a query subscribed for five seconds, so that a component that uses it meanwhile finds
    /// its result loaded or loading.
    ///
    /// ```
    /// use convex_leptos::{QueryRef, use_convex};
    /// use leptos::prelude::*;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct ListArgs {
    ///     channel: String,
    /// }
    ///
    /// const LIST: QueryRef<ListArgs, Vec<String>> = QueryRef::new("messages:list");
    ///
    /// #[component]
    /// fn ChannelLink(channel: String) -> impl IntoView {
    ///     let client = use_convex();
    ///     let href = format!("/channels/{channel}");
    ///     let prewarm = move |_| client.prewarm_query(LIST, ListArgs { channel: channel.clone() });
    ///     view! { <a href=href on:pointerenter=prewarm>"Open"</a> }
    /// }
    /// ```
    ///
    /// Arguments that skip, and an invalid path or invalid arguments, prewarm nothing: the
    /// component that uses the query reports the error.
    pub fn prewarm_query<F: QueryFunction, M>(self, function: F, args: impl IntoQueryArgs<F::Args, M>) {
        self.prewarm_query_with(function, args, PrewarmOptions::default());
    }

    /// [`prewarm_query`](Self::prewarm_query) with an [`AuthPolicy`](crate::AuthPolicy), or with
    /// [`PrewarmOptions`].
    ///
    /// ```
    /// # use convex_leptos::{AuthPolicy, ConvexClient, QueryRef};
    /// # const MINE: QueryRef<(), Vec<String>> = QueryRef::new("messages:mine");
    /// # fn example(client: ConvexClient) {
    /// // For a page inside an `<Authenticated>`.
    /// client.prewarm_query_with(MINE, (), AuthPolicy::Required);
    /// # }
    /// ```
    pub fn prewarm_query_with<F: QueryFunction, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M>,
        options: impl Into<PrewarmOptions>,
    ) {
        let PrewarmOptions { auth, lasts } = options.into();
        let Some(client) = self.try_shared() else { return };
        let function = FunctionPath::parse(function.path());
        if let (Ok(function), Ok(Some(args))) = (function, untrack(|| args.read_query_args())) {
            let auth = resolve_auth(auth, &client);
            untrack(|| client.web().prewarm(&function, &args, auth, lasts));
        }
    }

    /// Unsubscribes all queries until the [`Suspension`] is dropped, with one message each way: for
    /// a hidden page, or during many writes with intermediate results that are not needed.
    ///
    /// Queries that are used for the first time meanwhile are subscribed when it ends. Mutations
    /// and actions continue.
    ///
    /// ```
    /// use convex_leptos::{SuspendedResults, use_convex};
    /// use leptos::prelude::*;
    ///
    /// #[component]
    /// fn Pause() -> impl IntoView {
    ///     let (client, suspension) = (use_convex(), StoredValue::new(None));
    ///     let pause = move |_| suspension.set_value(Some(client.suspend(SuspendedResults::Keep)));
    ///     let resume = move |_| suspension.set_value(None);
    ///     view! {
    ///         <button on:click=pause>"Pause"</button>
    ///         <button on:click=resume>"Resume"</button>
    ///     }
    /// }
    /// ```
    pub fn suspend(self, results: SuspendedResults) -> Suspension {
        untrack(|| self.shared().web().suspend(results))
    }

    /// [`suspend`](Self::suspend) for the queries that `filter` selects by path and arguments. A
    /// query that several suspensions select is resubscribed when the last of them is dropped.
    ///
    /// `filter` must always return the same for the same query, and should not [use the
    /// client](crate::OptimisticLocalStore#the-client).
    ///
    /// ```
    /// # use convex_leptos::{ConvexClient, SuspendedResults};
    /// # use serde::Deserialize;
    /// # fn example(client: ConvexClient) {
    /// #[derive(Deserialize)]
    /// struct ListArgs {
    ///     channel: String,
    /// }
    ///
    /// let muted = client.cancel_queries(SuspendedResults::Clear, |function, args| {
    ///     function == "messages:list" && args.decode::<ListArgs>().is_ok_and(|args| args.channel == "random")
    /// });
    /// # drop(muted);
    /// # }
    /// ```
    pub fn cancel_queries(
        self,
        results: SuspendedResults,
        filter: impl Fn(&str, &Arguments) -> bool + Send + Sync + 'static,
    ) -> Suspension {
        let filter = move |function: &FunctionPath, args: &Arguments| filter(function.as_str(), args);
        untrack(|| self.shared().web().cancel_queries(results, filter))
    }
}
