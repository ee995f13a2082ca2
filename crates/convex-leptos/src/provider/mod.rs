//! The providers, and how hooks find them.

mod plain;
mod with_auth;

pub use plain::*;
pub use with_auth::*;

use crate::ConvexClient;
use leptos::prelude::*;

/// The client of the nearest provider.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](ConvexProvider) or [`<ConvexProviderWithAuth>`](ConvexProviderWithAuth).
/// [`try_use_convex`] doesn't.
#[track_caller]
pub fn use_convex() -> ConvexClient {
    try_use_convex().expect(
        "this needs a <ConvexProvider> or <ConvexProviderWithAuth> around it (and hooks are called before the first \
         `.await`, where the provider can still be found)",
    )
}

/// The client of the nearest provider, if there is one.
pub fn try_use_convex() -> Option<ConvexClient> {
    use_context()
}

/// The client a provider is for: the one it is given, or one that it makes and that goes with it.
#[track_caller]
fn provided(url: Option<String>, client: Option<ConvexClient>) -> ConvexClient {
    client.unwrap_or_else(|| {
        let client = ConvexClient::new(url.unwrap_or_default());
        on_cleanup(move || client.close());
        client
    })
}
