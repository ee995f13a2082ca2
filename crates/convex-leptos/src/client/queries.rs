//! What a client does with queries beside showing them.

use super::{ConvexClient, Shared};
use crate::{
    Arguments, ConvexError, IntoQueryArgs, NotSentReason, PrewarmOptions, QueryFunction, QueryOnce,
    QueryOptions, RequestOptions, SuspendedResults, Suspension,
};
use convex_web::sync::FunctionPath;
use leptos::prelude::*;
use std::sync::Arc;

impl ConvexClient {
    /// Asks a query once. The answer is what the server says now, or at once what it keeps a live
    /// query showing.
    ///
    /// ```no_run
    /// use convex_leptos::use_convex;
    /// use leptos::{prelude::*, task::spawn_local};
    ///
    /// #[component]
    /// fn Export() -> impl IntoView {
    ///     let (client, lines) = (use_convex(), RwSignal::new(Vec::new()));
    ///     let export = move |_| {
    ///         spawn_local(async move {
    ///             if let Ok(all) = client.query::<Vec<String>>("messages:export", ()).await {
    ///                 lines.set(all);
    ///             }
    ///         });
    ///     };
    ///     view! {
    ///         <button on:click=export>"Export"</button>
    ///         <pre>{move || lines.read().join("\n")}</pre>
    ///     }
    /// }
    /// ```
    ///
    /// It runs by [the client's](crate::ClientOptions::default_auth) policy, in the body of a
    /// component inside an [`<Authenticated>`](crate::Authenticated) by that of the place. On a
    /// server it fails.
    pub fn query<T>(self, function: impl QueryFunction<T>, args: impl IntoQueryArgs) -> QueryOnce<T> {
        self.ask_once(function.path(), args, |client| QueryOptions::default().resolve(client).into())
    }

    /// [`query`](Self::query) with a policy, a timeout, or both. A [`RequestOptions`] always names
    /// a policy: its default is [`AuthPolicy::Settled`](crate::AuthPolicy::Settled), not that of
    /// the client.
    ///
    /// ```
    /// # use convex_leptos::{ConvexClient, ConvexError, AuthPolicy, RequestOptions};
    /// # use std::time::Duration;
    /// # async fn example(client: ConvexClient) -> Result<(), ConvexError> {
    /// let options = RequestOptions { auth: AuthPolicy::Required, timeout: Some(Duration::from_secs(10)) };
    /// let mine = client.query_with::<Vec<String>>("messages:mine", (), options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn query_with<T>(
        self,
        function: impl QueryFunction<T>,
        args: impl IntoQueryArgs,
        options: impl Into<RequestOptions>,
    ) -> QueryOnce<T> {
        self.ask_once(function.path(), args, |_| options.into())
    }

    fn ask_once<T>(
        self,
        function: &str,
        args: impl IntoQueryArgs,
        options: impl FnOnce(&Shared) -> RequestOptions,
    ) -> QueryOnce<T> {
        let request = self.prepare(function, args).and_then(|(client, function, args)| {
            let args = args.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?;
            Ok(untrack(|| client.web().query(function, args, options(&client))))
        });
        QueryOnce::new(request)
    }

    /// Keeps a query up to date for five seconds, so that whoever asks it meanwhile finds its
    /// result there, or on its way.
    ///
    /// ```
    /// use convex_leptos::use_convex;
    /// use leptos::prelude::*;
    /// use serde_json::json;
    ///
    /// #[component]
    /// fn ChannelLink(channel: String) -> impl IntoView {
    ///     let client = use_convex();
    ///     let href = format!("/channels/{channel}");
    ///     view! {
    ///         <a href=href on:pointerenter=move |_| client.prewarm_query("messages:list", json!({ "channel": channel }))>
    ///             "Open"
    ///         </a>
    ///     }
    /// }
    /// ```
    ///
    /// Arguments that skip it, and a path or arguments that cannot be sent, prewarm nothing:
    /// whoever asks then is told.
    pub fn prewarm_query(self, function: impl AsRef<str>, args: impl IntoQueryArgs) {
        self.prewarm_query_with(function, args, PrewarmOptions::default());
    }

    /// [`prewarm_query`](Self::prewarm_query) that says by which policy, and for how long.
    ///
    /// ```
    /// # use convex_leptos::{ConvexClient, AuthPolicy};
    /// # fn example(client: ConvexClient) {
    /// // For a page inside an `<Authenticated>`.
    /// client.prewarm_query_with("messages:mine", (), AuthPolicy::Required);
    /// # }
    /// ```
    pub fn prewarm_query_with(
        self,
        function: impl AsRef<str>,
        args: impl IntoQueryArgs,
        options: impl Into<PrewarmOptions>,
    ) {
        if let Ok((client, function, Some(args))) = self.prepare(function.as_ref(), args) {
            let PrewarmOptions { auth, lasts } = options.into();
            let auth = auth.unwrap_or_else(|| QueryOptions::default().resolve(&client));
            untrack(|| client.web().prewarm(&function, &args, auth, lasts));
        }
    }

    /// What is to be asked, as it is now.
    fn prepare(
        self,
        function: &str,
        args: impl IntoQueryArgs,
    ) -> Result<(Arc<Shared>, FunctionPath, Option<Arguments>), ConvexError> {
        let client = self.try_shared().ok_or(ConvexError::NotSent(NotSentReason::ClientClosed))?;
        Ok((client, FunctionPath::parse(function)?, untrack(|| args.read_query_args())?))
    }

    /// Takes every query away from the server until the [`Suspension`] is dropped, in one message
    /// each way: for a page that nobody looks at, or while much is written that nobody need see
    /// come. Queries asked meanwhile wait; mutations and actions go on.
    ///
    /// ```
    /// use convex_leptos::{SuspendedResults, use_convex};
    /// use leptos::prelude::*;
    ///
    /// #[component]
    /// fn Pause() -> impl IntoView {
    ///     let (client, suspension) = (use_convex(), StoredValue::new(None));
    ///     let pause = move |_| suspension.set_value(Some(client.suspend(SuspendedResults::Keep)));
    ///     let go_on = move |_| suspension.set_value(None);
    ///     view! {
    ///         <button on:click=pause>"Pause"</button>
    ///         <button on:click=go_on>"Go on"</button>
    ///     }
    /// }
    /// ```
    pub fn suspend(self, results: SuspendedResults) -> Suspension {
        untrack(|| self.shared().web().suspend(results))
    }

    /// [`suspend`](Self::suspend) of the queries that `filter` matches, by path and arguments. What
    /// several suspensions are about runs again once none of them is left.
    ///
    /// `filter` must always return the same for the same query, and should not [use the
    /// client](crate::OptimisticLocalStore#the-client).
    ///
    /// ```
    /// # use convex_leptos::{ConvexClient, SuspendedResults};
    /// # use serde::Deserialize;
    /// # fn example(client: ConvexClient) {
    /// #[derive(Deserialize)]
    /// struct InChannel {
    ///     channel: String,
    /// }
    ///
    /// let muted = client.cancel_queries(SuspendedResults::Clear, |function, args| {
    ///     function == "messages:list" && args.decode::<InChannel>().is_ok_and(|args| args.channel == "random")
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
