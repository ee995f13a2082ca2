//! A lock made of the local storage, for pages without Web Locks: an entry that says whose turn it
//! is, and until when.

use gloo_timers::future::sleep;
use js_sys::{Date, Math};
use std::time::Duration;
use web_sys::Storage;

/// How long an entry is good: longer than anything may take that is done under it, so that a tab
/// that was killed holds up the others no longer.
const LASTS: Duration = Duration::from_secs(40);
/// How long it takes until every tab sees what one has written.
const SETTLES: Duration = Duration::from_millis(50);
/// How often somebody else's entry is looked at.
const LOOKS: Duration = Duration::from_millis(100);

/// The page's local storage, where it has one and may use it.
pub(super) fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// An entry of our own, until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    storage: Storage,
    key: String,
    owner: String,
}

/// Waits until there is no good entry of anybody else, and writes one.
pub(super) async fn acquire(storage: Storage, name: &str) -> Held {
    let key = format!("convex-tab-lock/{name}");
    let owner = Math::random().to_string();
    let held = Held { storage, key, owner };
    loop {
        if held.is_free() {
            if !held.take() {
                return held;
            }
            sleep(SETTLES).await;
            // Whoever wrote last has it.
            if held.is_ours() {
                return held;
            }
        }
        sleep(LOOKS).await;
    }
}

impl Held {
    /// Whose entry there is, and until when it is good.
    fn entry(&self) -> Option<(String, f64)> {
        let entry = self.storage.get_item(&self.key).ok()??;
        let (owner, until) = entry.split_once(' ')?;
        Some((owner.to_owned(), until.parse().ok()?))
    }

    fn is_free(&self) -> bool {
        // An entry of the far future was written by a clock that has been set back since.
        let good = Date::now()..Date::now() + LASTS.as_millis() as f64 + 1.0;
        self.entry().is_none_or(|(_, until)| !good.contains(&until))
    }

    fn is_ours(&self) -> bool {
        self.entry().is_some_and(|(owner, _)| owner == self.owner)
    }

    /// Writes an entry. `false` where the storage is full: then it can hold up nobody.
    fn take(&self) -> bool {
        let until = Date::now() + LASTS.as_millis() as f64;
        self.storage.set_item(&self.key, &format!("{} {until}", self.owner)).is_ok()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.is_ours() {
            // Where it cannot be removed it runs out.
            let _ = self.storage.remove_item(&self.key);
        }
    }
}
