//! One tab at a time.

use crate::sync::TokenError;
use std::future::Future;

#[cfg(target_family = "wasm")]
mod lease;
#[cfg(target_family = "wasm")]
mod web_locks;

/// Has something done by one tab at a time, of all that an app has open.
///
/// It is for identity providers whose refresh tokens are good once: tabs that refresh at the same
/// moment would spend each other's, and log each other out. A provider that asks its server for a
/// token under this lock finds what the tab before it has stored.
///
/// ```no_run
/// use convex_web::{TabLock, sync::TokenError};
///
/// # async fn refresh_unless_another_tab_has() -> Result<Option<String>, TokenError> { Ok(None) }
/// # async fn fetch_token() -> Result<Option<String>, TokenError> {
/// TabLock::new("my-app/refresh").run(refresh_unless_another_tab_has()).await
/// # }
/// ```
///
/// Nothing waits for ever. Whoever has waited for 10 s gets an error, which for a token fetch
/// means: try again later, signed in as before. A tab that goes lets go, and so does a fetch that
/// takes longer than [its bound](crate::sync::Config::fetch_timeout), since it is dropped.
///
/// It is the browser's [Web Locks](https://developer.mozilla.org/docs/Web/API/Web_Locks_API). Pages
/// that are not served by HTTPS (nor from this machine) have none; there it is an entry in the
/// local storage that runs out after 40 s, which two tabs may take within the same few
/// milliseconds. Where there is no storage, and outside of a browser, nothing is waited for.
#[derive(Debug, Clone)]
pub struct TabLock {
    #[cfg_attr(
        not(target_family = "wasm"),
        allow(dead_code, reason = "there are no tabs outside of a browser")
    )]
    name: String,
}

impl TabLock {
    /// The lock with this name: the same one in all tabs of this origin.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// Waits until no other tab holds the lock, and then for `task`.
    ///
    /// # Errors
    ///
    /// That of `task`, and where the lock was not to be had within 10 s: the task has not begun
    /// then.
    #[cfg(target_family = "wasm")]
    pub async fn run<T>(&self, task: impl Future<Output = Result<T, TokenError>>) -> Result<T, TokenError> {
        let _held = self.hold().await?;
        task.await
    }

    /// Does the task: there are no tabs here.
    ///
    /// # Errors
    ///
    /// That of `task`.
    #[cfg(not(target_family = "wasm"))]
    pub async fn run<T>(&self, task: impl Future<Output = Result<T, TokenError>>) -> Result<T, TokenError> {
        task.await
    }
}

/// What holds a lock, until it is dropped.
#[cfg(target_family = "wasm")]
#[derive(Debug)]
#[expect(dead_code, reason = "they are held to be dropped")]
enum Held {
    Lock(web_locks::Held),
    Lease(lease::Held),
    /// There is nothing to be held.
    Nothing,
}

#[cfg(target_family = "wasm")]
impl TabLock {
    /// How long a lock is waited for.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

    async fn hold(&self) -> Result<Held, TokenError> {
        use futures_util::future::{Either, select};

        let patience = gloo_timers::future::sleep(Self::PATIENCE);
        match select(Box::pin(self.acquire()), patience).await {
            Either::Left((held, _)) => Ok(held),
            Either::Right(_) => {
                let seconds = Self::PATIENCE.as_secs();
                Err(TokenError::new(format!("another tab has held the lock `{}` for {seconds} s", self.name)))
            }
        }
    }

    async fn acquire(&self) -> Held {
        if let Some(locks) = web_locks::locks() {
            return Held::Lock(web_locks::acquire(&locks, &self.name).await);
        }
        match lease::storage() {
            Some(storage) => Held::Lease(lease::acquire(storage, &self.name).await),
            None => Held::Nothing,
        }
    }
}
