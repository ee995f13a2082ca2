//! Queries that do not run for a while.

#[cfg(target_family = "wasm")]
use crate::driver::Backend;
#[cfg(not(target_family = "wasm"))]
use crate::server_stub::Backend;
use crate::sync::SuspensionId;
use std::{fmt, sync::Weak};

/// Queries that are taken away from the server until this is dropped. It does not keep the client
/// alive.
///
/// ```
/// use convex_web::{ConvexClient, Suspension, sync::SuspendedResults};
///
/// /// Nothing runs behind a page that nobody looks at.
/// struct Page {
///     client: ConvexClient,
///     hidden: Option<Suspension>,
/// }
///
/// impl Page {
///     fn is_visible(&mut self, visible: bool) {
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
    pub(crate) fn new(client: Weak<Backend>, id: SuspensionId) -> Self {
        Self { client, id }
    }
}

impl Drop for Suspension {
    fn drop(&mut self) {
        if let Some(client) = self.client.upgrade() {
            client.driver().resume(self.id);
        }
    }
}

impl fmt::Debug for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Suspension").field(&self.id).finish()
    }
}
