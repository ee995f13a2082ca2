//! Cancellation of browser requests. Shared with `convex-leptos`.

use web_sys::{AbortController, AbortSignal};

/// Aborts a browser request when it is dropped. A browser opens only a few connections to one host,
/// so requests that are no longer needed must not keep theirs.
#[derive(Debug)]
pub struct AbortOnDrop(AbortController);

impl Default for AbortOnDrop {
    fn default() -> Self {
        Self(AbortController::new().expect("a browser that runs WASM has abort controllers"))
    }
}

impl AbortOnDrop {
    /// The signal to pass to the request.
    pub fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
