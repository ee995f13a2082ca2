//! A lock in local storage, for pages without Web Locks: an entry `owner expiry`.
//!
//! A tab that finds no valid entry writes its own and waits until all tabs see the same entry. The
//! tab that wrote last holds the lock. Entries expire, so a tab that was killed cannot block the
//! others for longer than that. Two tabs may both hold the lock if their writes are further apart
//! than the wait.

use gloo_timers::future::sleep;
use js_sys::{Date, Math};
use std::time::Duration;
use web_sys::Storage;

/// How long an entry is valid: longer than any task under the lock may take.
const LIFETIME: Duration = Duration::from_secs(40);
/// How long a write takes to be visible in every tab.
const PROPAGATION: Duration = Duration::from_millis(50);
/// How often the entry of another tab is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The local storage, if the page has one and may use it.
pub(super) fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// The entry of this tab. It is removed on drop.
#[derive(Debug)]
pub(super) struct LeaseGuard {
    storage: Storage,
    key: String,
    owner: String,
}

/// Waits until no other tab has a valid entry, and writes one.
pub(super) async fn acquire(storage: Storage, name: &str) -> LeaseGuard {
    let key = format!("convex-tab-lock/{name}");
    let owner = Math::random().to_string();
    let lease = LeaseGuard { storage, key, owner };
    loop {
        if lease.is_free() {
            if !lease.write() {
                return lease;
            }
            sleep(PROPAGATION).await;
            // Another tab may have written later.
            if lease.is_ours() {
                return lease;
            }
        }
        sleep(POLL_INTERVAL).await;
    }
}

impl LeaseGuard {
    /// The owner of the current entry, and when it expires.
    fn entry(&self) -> Option<(String, f64)> {
        let entry = self.storage.get_item(&self.key).ok()??;
        let (owner, expiry) = entry.split_once(' ')?;
        Some((owner.to_owned(), expiry.parse().ok()?))
    }

    fn is_free(&self) -> bool {
        // An expiry further in the future was written before the clock was set back.
        let valid = Date::now()..Date::now() + LIFETIME.as_millis() as f64 + 1.0;
        self.entry().is_none_or(|(_, expiry)| !valid.contains(&expiry))
    }

    fn is_ours(&self) -> bool {
        self.entry().is_some_and(|(owner, _)| owner == self.owner)
    }

    /// Writes an entry. Returns `false` if the storage is full; then no tab can be locked out.
    fn write(&self) -> bool {
        let expiry = Date::now() + LIFETIME.as_millis() as f64;
        self.storage.set_item(&self.key, &format!("{} {expiry}", self.owner)).is_ok()
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if self.is_ours() {
            // If it cannot be removed, it expires.
            let _ = self.storage.remove_item(&self.key);
        }
    }
}
