//! The options of queries and calls.

use crate::{AuthPolicy, client::Shared};
use convex_web::sync::RequestOptions;
use leptos::prelude::*;
use std::time::Duration;

/// The options of a live query, a [set](crate::use_queries_with) of them, or a
/// [list](crate::use_paginated_query_with).
///
/// A [`AuthPolicy`] can be passed in place of them.
///
/// ```
/// use convex_leptos::{AuthPolicy, QueryRef, use_query_with};
///
/// const PRICES: QueryRef<(), Vec<f64>> = QueryRef::new("prices:list");
///
/// # fn example() {
/// // The result does not depend on the user, so the query need not wait for auth.
/// let prices = use_query_with(PRICES, (), AuthPolicy::Immediate);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryOptions {
    /// The policy, which decides for which identity and when the query is sent. `None`, the
    /// default, means [`AuthPolicy::Required`] inside an [`<Authenticated>`](crate::Authenticated)
    /// and [the client's policy](crate::ClientOptions::default_auth) elsewhere.
    pub auth: Option<AuthPolicy>,
    /// Whether the result of the old arguments is shown while new arguments load. On by default.
    pub keep_previous_data: bool,
    /// What a web server that renders the page does. [`OnServer::Stream`] by default.
    pub on_server: OnServer,
}

/// What a web server does with a query of a page that it renders.
///
/// The browser runs the query in any case, and keeps its result up to date.
///
/// ```
/// use convex_leptos::{OnServer, QueryOptions, QueryRef, use_query_with};
/// use leptos::prelude::*;
///
/// const STATISTICS: QueryRef<(), Vec<f64>> = QueryRef::new("statistics:list");
///
/// #[component]
/// fn Statistics() -> impl IntoView {
///     // It takes seconds, and hydration would have to wait for it.
///     let options = QueryOptions::default().on_server(OnServer::Never);
///     let statistics = use_query_with(STATISTICS, (), options);
///     view! { <Suspense fallback=|| "…">{move || statistics.value().map(|s| s.len())}</Suspense> }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnServer {
    /// It runs the query. A `<Suspense>` or `<Transition>` that reads it waits for the result, as
    /// the route's `SsrMode` says; the rest of the page does not wait.
    #[default]
    Stream,
    /// It runs the query, and the response starts when the result has arrived: for a status code,
    /// a redirect, or the page's `<Title>`.
    Blocking,
    /// It does not run the query. Its boundaries show their fallbacks until the browser has the
    /// result: for slow queries, large results, and data that must not be in the HTML.
    Never,
}

/// The options of a hook that are the same for all its subscriptions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubscribeOptions {
    pub(crate) auth: AuthPolicy,
    pub(crate) on_server: OnServer,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self { auth: None, keep_previous_data: true, on_server: OnServer::Stream }
    }
}

impl QueryOptions {
    /// Sets the [policy](Self::auth).
    #[must_use]
    pub fn auth(mut self, auth: AuthPolicy) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Sets whether the result of the old arguments is shown while new arguments load: of a query,
    /// of each key of a set, or the rows of a list.
    ///
    /// The old result stays live meanwhile, and is removed at an identity change. Turn it off where
    /// a value is shown beside its arguments, such as a profile below a name:
    ///
    /// ```
    /// use convex_leptos::{QueryOptions, QueryRef, use_query_with};
    /// use leptos::prelude::*;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct TextArgs {
    ///     name: String,
    /// }
    ///
    /// const TEXT: QueryRef<TextArgs, String> = QueryRef::new("profiles:text");
    ///
    /// # fn example(name: RwSignal<String>) {
    /// let fresh = QueryOptions::default().keep_previous_data(false);
    /// let profile = use_query_with(TEXT, move || TextArgs { name: name.get() }, fresh);
    /// # }
    /// ```
    #[must_use]
    pub fn keep_previous_data(mut self, keep: bool) -> Self {
        self.keep_previous_data = keep;
        self
    }

    /// Sets what a web server does with the query: see [`OnServer`].
    #[must_use]
    pub fn on_server(mut self, on_server: OnServer) -> Self {
        self.on_server = on_server;
        self
    }

    pub(crate) fn resolve(self, client: &Shared) -> SubscribeOptions {
        SubscribeOptions { auth: resolve_auth(self.auth, client), on_server: self.on_server }
    }
}

impl From<AuthPolicy> for QueryOptions {
    fn from(auth: AuthPolicy) -> Self {
        Self::default().auth(auth)
    }
}

/// The options of a mutation, an action, or a query that is run once.
///
/// A [`AuthPolicy`] can be passed in place of them.
///
/// ```
/// use convex_leptos::{ActionRef, CallOptions, MutationRef, AuthPolicy, use_action_with, use_mutation_with};
/// use std::time::Duration;
///
/// const COUNT_VISIT: MutationRef<(), ()> = MutationRef::new("visits:count");
/// const SUMMARIZE: ActionRef<(), String> = ActionRef::new("ai:summarize");
///
/// # fn example() {
/// let count_visit = use_mutation_with(COUNT_VISIT, AuthPolicy::Immediate);
/// let summarize = use_action_with(SUMMARIZE, CallOptions::default().timeout(Duration::from_secs(60)));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// The policy, which decides whom the call runs as and when it may be sent. `None`, the
    /// default, means [`AuthPolicy::Required`] inside an [`<Authenticated>`](crate::Authenticated)
    /// and [the client's policy](crate::ClientOptions::default_auth) elsewhere.
    pub auth: Option<AuthPolicy>,
    /// The time after which a call ends by itself. `None`, the default, means never, even offline.
    ///
    /// A call that was not sent by then never will be: it ends with
    /// [`NotSentReason::TimedOut`](crate::NotSentReason::TimedOut). One that was sent ends with
    /// [`ConvexError::OutcomeUnknown`](crate::ConvexError::OutcomeUnknown), except for a mutation
    /// that is already known to have succeeded, which ends with its value.
    pub timeout: Option<Duration>,
}

impl CallOptions {
    /// Sets the [policy](Self::auth).
    #[must_use]
    pub fn auth(mut self, auth: AuthPolicy) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Sets the [timeout](Self::timeout).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn resolve(self, client: &Shared) -> RequestOptions {
        RequestOptions { auth: resolve_auth(self.auth, client), timeout: self.timeout }
    }
}

impl From<AuthPolicy> for CallOptions {
    fn from(auth: AuthPolicy) -> Self {
        Self::default().auth(auth)
    }
}

/// The policy that applies where this is called: the one that was passed, else that of the gate
/// around it, else the client's.
pub(crate) fn resolve_auth(auth: Option<AuthPolicy>, client: &Shared) -> AuthPolicy {
    let of_gate = || use_context::<ContextAuth>().map(|ContextAuth(auth)| auth);
    auth.or_else(of_gate).unwrap_or_else(|| client.default_auth())
}

/// The policy inside a gate, for queries and calls that name none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContextAuth(pub(crate) AuthPolicy);
