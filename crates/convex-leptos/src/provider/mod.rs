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
/// Outside of a [`<ConvexProvider>`](ConvexProvider) or
/// [`<ConvexProviderWithAuth>`](ConvexProviderWithAuth). [`try_use_convex`] doesn't.
///
/// ```
/// use convex_leptos::use_convex;
/// use leptos::prelude::*;
///
/// #[component]
/// fn SignOut() -> impl IntoView {
///     let client = use_convex();
///     view! { <button on:click=move |_| client.sign_out()>"Sign out"</button> }
/// }
/// ```
#[track_caller]
pub fn use_convex() -> ConvexClient {
    try_use_convex().expect(
        "this needs a <ConvexProvider> or <ConvexProviderWithAuth> around it (and hooks are called before the first \
         `.await`, where the provider can still be found)",
    )
}

/// The client of the nearest provider, if there is one.
///
/// ```
/// use convex_leptos::try_use_convex;
/// use leptos::prelude::*;
///
/// /// For pages with a deployment and for those without.
/// #[component]
/// fn Footer() -> impl IntoView {
///     let connection = try_use_convex().map(|client| client.use_connection_state());
///     view! { <footer>{connection.map(|state| move || format!("{:?}", state.get()))}</footer> }
/// }
/// ```
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
