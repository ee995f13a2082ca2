//! The guard of suspended queries.

use crate::{backend::Backend, sync::SuspensionId};
use std::{fmt, sync::Weak};

/// Keeps queries unsubscribed at the server until it is dropped.
///
/// Returned by [`ConvexClient::suspend`](crate::ConvexClient::suspend) and
/// [`cancel_queries`](crate::ConvexClient::cancel_queries). It does not keep the client alive.
///
/// ```
/// use convex_web::{ConvexClient, Suspension, sync::SuspendedResults};
///
/// /// Runs no queries while the page is hidden.
/// struct Page {
///     client: ConvexClient,
///     hidden: Option<Suspension>,
/// }
///
/// impl Page {
///     fn set_visible(&mut self, visible: bool) {
///         self.hidden = (!visible).then(|| self.client.suspend(SuspendedResults::Keep));
///     }
/// }
/// ```
#[must_use = "the queries run again once this is dropped"]
pub struct Suspension {
    client: Weak<Backend>,
    id: SuspensionId,
}

impl Suspension {
    pub(super) fn new(client: Weak<Backend>, id: SuspensionId) -> Self {
        Self { client, id }
    }
}

impl Drop for Suspension {
    fn drop(&mut self) {
        if let Some(client) = self.client.upgrade() {
            let id = self.id;
            client.command(move |core, _| core.resume(id));
        }
    }
}

impl fmt::Debug for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Suspension").field(&self.id).finish()
    }
}
