//! A lock shared by the tabs of an app.

use crate::sync::TokenError;
use std::future::Future;

#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod lease;
#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod web_locks;

/// A lock that only one tab of an app holds at a time.
///
/// It is for identity providers with single-use refresh tokens: two tabs that refresh at the same
/// moment would invalidate each other's token and sign each other out. A provider that refreshes
/// under this lock finds the token that the tab before it has stored.
///
/// ```no_run
/// use convex_web::{TabLock, sync::TokenError};
///
/// # async fn refresh_if_expired() -> Result<Option<String>, TokenError> { Ok(None) }
/// # async fn fetch_token() -> Result<Option<String>, TokenError> {
/// TabLock::new("my-app/refresh").run(refresh_if_expired()).await
/// # }
/// ```
///
/// Waiting is bounded: after 10 s it ends with an error. As the result of a token fetch, that means
/// that the client retries later and the user stays signed in. A tab that is closed releases the
/// lock. So does a token fetch that exceeds
/// [its timeout](crate::sync::Config::fetch_timeout), since its future is dropped.
///
/// The lock is a [Web Lock](https://developer.mozilla.org/docs/Web/API/Web_Locks_API). Pages that
/// are served neither by HTTPS nor from the local machine have no Web Locks: there it is an entry
/// in local storage that expires after 40 s, and two tabs may take it within the same few
/// milliseconds. Without local storage, and on a server, tasks run without a lock.
#[derive(Debug, Clone)]
pub struct TabLock {
    #[cfg_attr(
        any(not(target_family = "wasm"), feature = "server"),
        allow(dead_code, reason = "there are no tabs on a server")
    )]
    name: String,
}

impl TabLock {
    /// Creates the lock with this name. All tabs of the page's origin share it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// Runs `task` while this tab holds the lock.
    ///
    /// # Errors
    ///
    /// The error of `task`; or an error of its own if the lock is not free within 10 s. Then `task`
    /// has not started.
    #[cfg(all(target_family = "wasm", not(feature = "server")))]
    pub async fn run<T>(&self, task: impl Future<Output = Result<T, TokenError>>) -> Result<T, TokenError> {
        let _guard = self.lock().await?;
        task.await
    }

    /// Runs `task`, without a lock: there are no tabs on a server.
    ///
    /// # Errors
    ///
    /// The error of `task`.
    #[cfg(any(not(target_family = "wasm"), feature = "server"))]
    pub async fn run<T>(&self, task: impl Future<Output = Result<T, TokenError>>) -> Result<T, TokenError> {
        task.await
    }
}

/// Holds a lock until it is dropped.
#[cfg(all(target_family = "wasm", not(feature = "server")))]
#[derive(Debug)]
#[expect(dead_code, reason = "the guards are kept for their destructors")]
enum TabLockGuard {
    WebLock(web_locks::WebLockGuard),
    Lease(lease::LeaseGuard),
    /// The page has neither locks nor storage.
    Unlocked,
}

#[cfg(all(target_family = "wasm", not(feature = "server")))]
impl TabLock {
    const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

    async fn lock(&self) -> Result<TabLockGuard, TokenError> {
        crate::with_timeout(Self::TIMEOUT, self.acquire()).await.ok_or_else(|| {
            let seconds = Self::TIMEOUT.as_secs();
            TokenError::new(format!("another tab has held the lock `{}` for {seconds} s", self.name))
        })
    }

    async fn acquire(&self) -> TabLockGuard {
        if let Some(locks) = web_locks::locks() {
            return TabLockGuard::WebLock(web_locks::acquire(&locks, &self.name).await);
        }
        match lease::storage() {
            Some(storage) => TabLockGuard::Lease(lease::acquire(storage, &self.name).await),
            None => TabLockGuard::Unlocked,
        }
    }
}
