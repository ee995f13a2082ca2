//! The options of prewarmed queries.

use crate::AuthPolicy;
use std::time::Duration;

/// The options of [`prewarm_query_with`](crate::ConvexClient::prewarm_query_with).
///
/// A [`AuthPolicy`] can be passed in place of them.
///
/// ```
/// use convex_leptos::{PrewarmOptions, AuthPolicy};
/// use std::time::Duration;
///
/// let options = PrewarmOptions::default().auth(AuthPolicy::Required).lasts(Duration::from_secs(30));
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrewarmOptions {
    /// The policy. It must be that of the component that will use the query; with another policy it
    /// is another query. `None`, the default, means the policy
    /// [of the place](crate::QueryOptions::auth) where it is called. An event handler is outside of
    /// every gate, so there it is the client's policy.
    pub auth: Option<AuthPolicy>,
    /// How long the query stays subscribed. Five seconds by default.
    pub lasts: Duration,
}

impl Default for PrewarmOptions {
    fn default() -> Self {
        Self { auth: None, lasts: Duration::from_secs(5) }
    }
}

impl PrewarmOptions {
    /// Sets the [policy](Self::auth).
    #[must_use]
    pub fn auth(self, auth: AuthPolicy) -> Self {
        Self { auth: Some(auth), ..self }
    }

    /// Sets [how long](Self::lasts) the query stays subscribed.
    #[must_use]
    pub fn lasts(self, lasts: Duration) -> Self {
        Self { lasts, ..self }
    }
}

impl From<AuthPolicy> for PrewarmOptions {
    fn from(auth: AuthPolicy) -> Self {
        Self::default().auth(auth)
    }
}
