//! Queries that do not run for a while.

#[cfg(target_family = "wasm")]
use crate::driver::Backend;
#[cfg(not(target_family = "wasm"))]
use crate::inert::Backend;
use crate::sync::SuspensionId;
use std::{fmt, sync::Weak};

/// Queries that are taken away from the server until this is dropped. It does not keep the client alive.
///
/// ```
/// use convex_web::{ConvexClient, sync::SuspendedResults};
///
/// let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
/// let suspension = client.suspend(SuspendedResults::Keep);
/// // Nothing runs for nobody, behind a page that is not looked at.
/// drop(suspension);
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
