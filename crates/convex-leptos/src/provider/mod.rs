//! The provider components, and how hooks find them.

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
/// [`<ConvexProviderWithAuth>`](ConvexProviderWithAuth). [`try_use_convex`] returns `None` there.
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
        "no <ConvexProvider> or <ConvexProviderWithAuth> around this component; add one, and call hooks before the \
         first `.await`",
    )
}

/// The client of the nearest provider, if there is one.
///
/// ```
/// use convex_leptos::try_use_convex;
/// use leptos::prelude::*;
///
/// /// On pages inside and outside of a provider.
/// #[component]
/// fn Footer() -> impl IntoView {
///     let connection = try_use_convex().map(|client| client.use_connection_state());
///     view! { <footer>{connection.map(|connection| move || format!("{:?}", connection.state()))}</footer> }
/// }
/// ```
pub fn try_use_convex() -> Option<ConvexClient> {
    use_context()
}

/// The client of a provider component: the one that was passed, or a new one that is closed
/// together with the component.
#[track_caller]
fn client_of(url: Option<String>, client: Option<ConvexClient>) -> ConvexClient {
    match (url, client) {
        (None, Some(client)) => client,
        (Some(url), None) => {
            let client = ConvexClient::new(url);
            on_cleanup(move || client.close());
            client
        }
        (Some(_), Some(_)) => {
            panic!("the Convex provider got both `url` and `client`; pass only one of them")
        }
        (None, None) => panic!("the Convex provider got no deployment; pass `url` or `client`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://happy-animal-123.convex.cloud";

    #[test]
    #[should_panic(expected = "pass `url` or `client`")]
    fn a_provider_without_url_and_client_panics() {
        client_of(None, None);
    }

    #[test]
    #[should_panic(expected = "pass only one of them")]
    fn a_provider_with_url_and_client_panics() {
        client_of(Some(URL.to_owned()), Some(ConvexClient::new(URL)));
    }
}
