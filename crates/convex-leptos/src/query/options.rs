//! How a query is to run.

use crate::{AuthPolicy, client::Shared};
use leptos::prelude::*;

/// How a query is to run and to be shown, where it says so itself.
///
/// ```
/// use convex_leptos::{AuthPolicy, use_query_with};
///
/// # fn example() {
/// // The same for everybody: it need not wait for auth.
/// let prices = use_query_with::<Vec<f64>>("prices:list", (), AuthPolicy::Immediate);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryOptions {
    /// Who may run it, and when it may leave. Unless said here it is [`AuthPolicy::Required`]
    /// inside an [`<Authenticated>`](crate::Authenticated), and otherwise [the
    /// client's](crate::ClientOptions::default_auth) policy.
    pub auth: Option<AuthPolicy>,
    /// Whether the result of the old arguments, or their list's rows, are shown until the result of
    /// new arguments is there. On by default.
    pub keep_previous_data: bool,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self { auth: None, keep_previous_data: true }
    }
}

impl QueryOptions {
    /// Says who may run it, and when it may leave.
    #[must_use]
    pub fn auth(mut self, auth: AuthPolicy) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Says whether the result of the old arguments is shown until the result of new arguments is
    /// there: of a query, of each key of a [set](crate::use_queries_with), or the rows of a
    /// [paginated list](crate::use_paginated_query_with).
    ///
    /// The old result is live meanwhile, and disappears at an identity change. Where a value is
    /// shown next to what it was asked with, such as a name above a profile, it is better not kept:
    ///
    /// ```
    /// use convex_leptos::{QueryOptions, use_query_with};
    /// use leptos::prelude::*;
    ///
    /// # fn example(name: RwSignal<String>) {
    /// let fresh = QueryOptions::default().keep_previous_data(false);
    /// let profile = use_query_with::<String>("profiles:text", move || serde_json::json!({ "name": name.get() }), fresh);
    /// # }
    /// ```
    #[must_use]
    pub fn keep_previous_data(mut self, keeps: bool) -> Self {
        self.keep_previous_data = keeps;
        self
    }

    /// The policy at the place in the component tree where this is called.
    pub(crate) fn resolve(self, client: &Shared) -> AuthPolicy {
        let around = || use_context::<ContextAuth>().map(|ContextAuth(auth)| auth);
        self.auth.or_else(around).unwrap_or_else(|| client.default_auth())
    }
}

impl From<AuthPolicy> for QueryOptions {
    fn from(auth: AuthPolicy) -> Self {
        Self::default().auth(auth)
    }
}

/// The policy of what is inside a gate and names none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContextAuth(pub(crate) AuthPolicy);
