//! How a query is kept up to date on behalf of nobody.

use crate::AuthPolicy;
use std::time::Duration;

/// How a query is [prewarmed](crate::ConvexClient::prewarm_query_with).
///
/// ```
/// use convex_leptos::{PrewarmOptions, AuthPolicy};
/// use std::time::Duration;
///
/// let a_while = PrewarmOptions::from(AuthPolicy::Required).lasts(Duration::from_secs(30));
/// # let _ = a_while;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrewarmOptions {
    /// Who may run it, and when it may leave: what whoever comes asks it with, or it is another
    /// query. Unless said here it is that of the [place](crate::QueryOptions::auth) where it is
    /// called; a handler of an event is in no such place.
    pub auth: Option<AuthPolicy>,
    /// For how long it is kept up to date. Five seconds, unless said otherwise.
    pub lasts: Duration,
}

impl Default for PrewarmOptions {
    fn default() -> Self {
        Self { auth: None, lasts: Duration::from_secs(5) }
    }
}

impl PrewarmOptions {
    /// Says for how long it is kept up to date.
    #[must_use]
    pub fn lasts(self, lasts: Duration) -> Self {
        Self { lasts, ..self }
    }
}

impl From<AuthPolicy> for PrewarmOptions {
    fn from(auth: AuthPolicy) -> Self {
        Self { auth: Some(auth), ..Self::default() }
    }
}
