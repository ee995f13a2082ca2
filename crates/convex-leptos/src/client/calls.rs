//! Queries, mutations and actions that a client runs once.

use super::{ConvexClient, Shared};
use crate::{
    CallFuture, CallOptions, ConvexError, IntoQueryArgs, NotSentReason, QueryOnce,
    query::{EncodedArgs, start_query},
};
use convex_web::{
    RequestFuture,
    sync::{
        ActionFunction, Arguments, CallArgs, FunctionPath, MutationFunction, QueryFunction, ReadAs,
        RequestOptions,
    },
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A method of the browser client that sends a request.
type SendRequest = fn(&convex_web::ConvexClient, FunctionPath, Arguments, RequestOptions) -> RequestFuture;

impl ConvexClient {
    /// Runs a query once. If the query is live already, its current result is returned at once.
    ///
    /// ```no_run
    /// use convex_leptos::{QueryRef, use_convex};
    /// use leptos::{prelude::*, task::spawn_local};
    ///
    /// const EXPORT: QueryRef<(), Vec<String>> = QueryRef::new("messages:export");
    ///
    /// #[component]
    /// fn Export() -> impl IntoView {
    ///     let (client, lines) = (use_convex(), RwSignal::new(Vec::new()));
    ///     let export = move |_| {
    ///         spawn_local(async move {
    ///             if let Ok(all) = client.query(EXPORT, ()).await {
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
    /// Its policy is [the client's](crate::ClientOptions::default_auth); in the body of a component
    /// inside an [`<Authenticated>`](crate::Authenticated) it is
    /// [`Required`](crate::AuthPolicy::Required).
    ///
    /// On a server, it runs over HTTP as the user of the request. It fails with
    /// [`Unauthenticated`](crate::NotSentReason::Unauthenticated) if only the browser can run it
    /// (for an unknown user, or `Required` without one), and with
    /// [`OutcomeUnknown`](crate::ConvexError::OutcomeUnknown) if the deployment does not answer
    /// within the [`server_timeout`](crate::ClientOptions::server_timeout).
    pub fn query<F, T, M>(self, function: F, args: impl IntoQueryArgs<F::Args, M>) -> QueryOnce<T>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
    {
        self.query_with(function, args, CallOptions::default())
    }

    /// [`query`](Self::query) with an [`AuthPolicy`](crate::AuthPolicy), or with [`CallOptions`].
    ///
    /// ```
    /// # use convex_leptos::{AuthPolicy, CallOptions, ConvexClient, ConvexError, QueryRef};
    /// # use std::time::Duration;
    /// # const MINE: QueryRef<(), Vec<String>> = QueryRef::new("messages:mine");
    /// # async fn example(client: ConvexClient) -> Result<(), ConvexError> {
    /// let options = CallOptions::default().auth(AuthPolicy::Required).timeout(Duration::from_secs(10));
    /// let mine = client.query_with(MINE, (), options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn query_with<F, T, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M>,
        options: impl Into<CallOptions>,
    ) -> QueryOnce<T>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
    {
        let args = untrack(|| args.read_query_args());
        let call = self.prepare(function.path(), args, options.into());
        QueryOnce::new(
            call.map(|(client, function, args, options)| start_query(&client, function, args, options)),
        )
    }

    /// Calls a mutation once. It is in flight when this returns, whether or not the future is
    /// awaited.
    ///
    /// For a call with state to show, or with an optimistic update, see
    /// [`use_mutation`](crate::use_mutation). The policy is that of [`query`](Self::query).
    ///
    /// ```no_run
    /// # use convex_leptos::{ConvexClient, ConvexError, MutationRef};
    /// # use serde::Serialize;
    /// # #[derive(Serialize)]
    /// # struct CreateArgs { name: &'static str }
    /// # const CREATE: MutationRef<CreateArgs, String> = MutationRef::new("channels:create");
    /// # async fn example(client: ConvexClient) -> Result<(), ConvexError> {
    /// let id = client.mutation(CREATE, CreateArgs { name: "general" }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn mutation<F, T>(self, function: F, args: impl CallArgs<F::Args>) -> CallFuture<T>
    where
        F: MutationFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.mutation_with(function, args, CallOptions::default())
    }

    /// [`mutation`](Self::mutation) with an [`AuthPolicy`](crate::AuthPolicy), or with
    /// [`CallOptions`].
    pub fn mutation_with<F, T>(
        self,
        function: F,
        args: impl CallArgs<F::Args>,
        options: impl Into<CallOptions>,
    ) -> CallFuture<T>
    where
        F: MutationFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let args = args.encode_args();
        CallFuture::new(
            self.send(function.path(), args, options.into(), convex_web::ConvexClient::mutate),
            drop,
        )
    }

    /// Calls an action once. It is in flight when this returns, whether or not the future is
    /// awaited.
    ///
    /// For a call with state to show, see [`use_action`](crate::use_action). The policy is that of
    /// [`query`](Self::query).
    ///
    /// ```no_run
    /// # use convex_leptos::{ActionRef, ConvexClient, ConvexError};
    /// # const SUMMARIZE: ActionRef<(), String> = ActionRef::new("ai:summarize");
    /// # async fn example(client: ConvexClient) -> Result<(), ConvexError> {
    /// let summary = client.action(SUMMARIZE, ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn action<F, T>(self, function: F, args: impl CallArgs<F::Args>) -> CallFuture<T>
    where
        F: ActionFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.action_with(function, args, CallOptions::default())
    }

    /// [`action`](Self::action) with an [`AuthPolicy`](crate::AuthPolicy), or with [`CallOptions`].
    pub fn action_with<F, T>(
        self,
        function: F,
        args: impl CallArgs<F::Args>,
        options: impl Into<CallOptions>,
    ) -> CallFuture<T>
    where
        F: ActionFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let args = args.encode_args();
        CallFuture::new(self.send(function.path(), args, options.into(), convex_web::ConvexClient::act), drop)
    }

    fn send(
        self,
        function: &str,
        args: EncodedArgs,
        options: CallOptions,
        send: SendRequest,
    ) -> Result<RequestFuture, ConvexError> {
        let (client, function, args, options) = self.prepare(function, args, options)?;
        Ok(untrack(|| send(client.web(), function, args, options)))
    }

    pub(crate) fn prepare(
        self,
        function: &str,
        args: EncodedArgs,
        options: CallOptions,
    ) -> Result<(Arc<Shared>, FunctionPath, Arguments, RequestOptions), ConvexError> {
        let client = self.try_shared().ok_or(ConvexError::NotSent(NotSentReason::ClientClosed))?;
        let function = FunctionPath::parse(function)?;
        let args = args?.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?;
        let options = options.resolve(&client);
        Ok((client, function, args, options))
    }
}
