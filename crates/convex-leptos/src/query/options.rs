//! How a query is to run.

use crate::{QueryAuth, client::Shared};
use leptos::prelude::*;

/// How a query or mutation is to run, where it says so itself.
///
/// ```
/// use convex_leptos::{QueryAuth, use_query_with};
///
/// # fn example() {
/// // The same for everybody: it need not wait for auth.
/// let prices = use_query_with::<Vec<f64>>("prices:list", (), QueryAuth::Immediate);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct QueryOptions {
    /// Who may run it, and when it may leave. Unless said here it is [`QueryAuth::Required`] inside an
    /// [`<Authenticated>`](crate::Authenticated), and otherwise
    /// [the client's](crate::ClientOptions::default_auth) policy.
    pub auth: Option<QueryAuth>,
}

impl QueryOptions {
    /// Says who may run it, and when it may leave.
    #[must_use]
    pub fn auth(mut self, auth: QueryAuth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// The policy at the place in the component tree where this is called.
    pub(crate) fn resolve(self, client: &Shared) -> QueryAuth {
        let around = || use_context::<ContextAuth>().map(|ContextAuth(auth)| auth);
        self.auth.or_else(around).unwrap_or_else(|| client.default_auth())
    }
}

impl From<QueryAuth> for QueryOptions {
    fn from(auth: QueryAuth) -> Self {
        Self::default().auth(auth)
    }
}

/// The policy of what is inside a gate and names none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContextAuth(pub(crate) QueryAuth);
