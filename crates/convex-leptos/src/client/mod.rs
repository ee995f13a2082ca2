//! The handle to a client that components hold.

mod options;
mod providers;
mod queries;
mod shared;

pub use options::ClientOptions;
pub(crate) use shared::Shared;

use crate::auth::{AuthProvider, ErasedProvider};
use convex_web::sync::{Claims, Time};
use leptos::prelude::*;
use std::{fmt, sync::Arc};

/// A client of one Convex deployment: one socket, one signed-in person, one set of live queries.
///
/// It is `Copy` and connects as soon as it is made. An app with one deployment needs none of its
/// own: [`<ConvexProvider url>`](crate::ConvexProvider) makes one. Make one yourself to share it
/// between roots, to talk to several deployments, or to [configure](ClientOptions) it:
///
/// ```no_run
/// use convex_leptos::{ConvexClient, ConvexProvider};
/// use leptos::prelude::*;
///
/// #[component]
/// fn App() -> impl IntoView {
///     let client = ConvexClient::new("https://happy-animal-123.convex.cloud");
///     view! {
///         <ConvexProvider client>
///             "…"
///         </ConvexProvider>
///     }
/// }
/// ```
///
/// Like a signal it belongs to the reactive owner it was made under, and goes with it; made before
/// the app is mounted it lives as long as the page. Every hook is also a method, for the client
/// that is not the nearest provider's:
///
/// ```
/// use convex_leptos::{ConvexClient, AuthPolicy, use_query};
/// use leptos::prelude::*;
///
/// /// Provided by `App`, beside its `<ConvexProvider>`.
/// #[derive(Clone, Copy)]
/// struct Billing(ConvexClient);
///
/// #[component]
/// fn Overview() -> impl IntoView {
///     let messages = use_query::<u32>("messages:count", ());
///     let Billing(billing) = expect_context();
///     let invoices = billing.use_query_with::<u32>("invoices:count", (), AuthPolicy::Required);
///     let is_customer = billing.use_auth().is_authenticated;
///     view! {
///         <p>{move || messages.data()}" messages"</p>
///         <Show when=move || is_customer.get()><p>{move || invoices.data()}" invoices"</p></Show>
///     }
/// }
/// ```
///
/// # Late calls
///
/// A task can outlive the owner that the client was made under. From then on the client behaves as
/// one that is [closed](Self::close): commands do nothing, requests fail with
/// [`ClientClosed`](crate::NotSentReason::ClientClosed), hooks return handles that load, and
/// nothing panics. The same holds for every handle of this crate whose component is gone. Only the
/// signals that are fields of handles, or that [`select`](crate::UseQuery::select) returns, are
/// Leptos's own: after their component is gone they are read with `try_get`.
///
/// # On the server
///
/// It connects to nothing; its queries load and its identity is not known, for as long as it lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ConvexClient {
    shared: StoredValue<Arc<Shared>>,
}

impl ConvexClient {
    /// A client of the deployment at `url`, such as `https://happy-animal-123.convex.cloud`.
    ///
    /// A URL that cannot be a deployment's gives a client whose
    /// [connection](crate::use_convex_connection_state) is [`Fatal`](crate::ConnectionState::Fatal)
    /// and says why.
    #[track_caller]
    pub fn new(url: impl Into<String>) -> Self {
        Self::with_options(url, ClientOptions::default())
    }

    /// A client made with other than the default options.
    #[track_caller]
    pub fn with_options(url: impl Into<String>, options: ClientOptions) -> Self {
        Self { shared: StoredValue::new(Shared::start(url.into(), options)) }
    }

    /// Adds an identity provider. The client follows the newest: its session, and its tokens.
    ///
    /// Like a signal, the provider belongs to the reactive owner that it was set under. When that
    /// is disposed, the client follows the provider before, and is anonymous if none is left. A
    /// provider that is set outside of any owner, such as in an event handler, stays until the next
    /// one that is set so, or until [`clear_auth`](Self::clear_auth).
    ///
    /// A newer provider that is still [`Loading`](crate::Session::Loading) does not blank the page:
    /// until it reports a session, the client follows the provider before. If both report the same
    /// session key, nothing changes on the page.
    ///
    /// [`<ConvexProviderWithAuth>`](crate::ConvexProviderWithAuth) does this for its children.
    ///
    /// ```
    /// use convex_leptos::{BetterAuth, use_convex};
    /// use leptos::prelude::*;
    ///
    /// /// Below a `<ConvexProvider>`: the client stays anonymous until the comments are shown.
    /// #[component]
    /// fn Comments() -> impl IntoView {
    ///     use_convex().set_auth(BetterAuth::new(""));
    /// }
    /// ```
    pub fn set_auth(self, provider: impl AuthProvider) {
        self.shared().add_provider(ErasedProvider::new(provider));
    }

    /// Removes all identity providers, those of components too: the client is anonymous when this
    /// returns. It follows the next provider that is set.
    pub fn clear_auth(self) {
        if let Some(shared) = self.try_shared() {
            shared.clear_providers();
        }
    }

    /// Signs out, on this client and for its server, at once and offline too: what the person saw
    /// is gone from every signal when this returns. It holds until the provider's session changes
    /// or [`reauthenticate`](Self::reauthenticate) is called.
    ///
    /// It does not sign out of the identity provider; whoever does that needs not call this as
    /// well.
    pub fn sign_out(self) {
        self.shared().web().sign_out();
    }

    /// Starts authentication anew from the provider's session: after a sign-out, or a rejection
    /// that was repaired.
    ///
    /// ```
    /// # use convex_leptos::use_convex;
    /// # use leptos::prelude::*;
    /// # fn example() -> impl IntoView {
    /// let client = use_convex();
    /// view! { <button on:click=move |_| client.reauthenticate()>"Try again"</button> }
    /// # }
    /// ```
    pub fn reauthenticate(self) {
        self.shared().web().reauthenticate();
    }

    /// Connects now rather than when it is due, while it
    /// [reconnects](crate::ConnectionState::Reconnecting). A socket that is open has to prove
    /// itself, or is replaced.
    ///
    /// ```
    /// use convex_leptos::use_convex;
    /// use leptos::prelude::*;
    ///
    /// #[component]
    /// fn TryNow() -> impl IntoView {
    ///     let client = use_convex();
    ///     view! { <button on:click=move |_| client.reconnect_now()>"Try now"</button> }
    /// }
    /// ```
    pub fn reconnect_now(self) {
        self.shared().web().reconnect_now();
    }

    /// What the token in use says about itself, read without checking it.
    ///
    /// ```no_run
    /// # let client = convex_leptos::ConvexClient::new("https://happy-animal-123.convex.cloud");
    /// // What the deployment's `auth.config` has to know.
    /// let issuer = client.claims().and_then(|claims| claims.issuer);
    /// ```
    pub fn claims(self) -> Option<Claims> {
        self.shared().web().claims()
    }

    /// The time on the clock that the times in [`AuthState`](crate::AuthState) and
    /// [`ConnectionState`](crate::ConnectionState) are read from.
    ///
    /// ```no_run
    /// # use convex_leptos::{AuthState, ConvexClient};
    /// # fn example(client: ConvexClient, auth: AuthState) {
    /// if let AuthState::Loading { since, waiting_for } = auth {
    ///     println!("waits for {waiting_for:?} since {} s", (client.now() - since).as_secs());
    /// }
    /// # }
    /// ```
    pub fn now(self) -> Time {
        self.shared().web().now()
    }

    /// Closes the client for good: its socket is abandoned and its requests settle. A client that
    /// goes with its owner needs no closing.
    ///
    /// ```
    /// # use convex_leptos::use_convex;
    /// # use leptos::prelude::*;
    /// # fn example() -> impl IntoView {
    /// let client = use_convex();
    /// view! { <button on:click=move |_| client.close()>"Disconnect for good"</button> }
    /// # }
    /// ```
    pub fn close(self) {
        if let Some(shared) = self.try_shared() {
            shared.close();
        }
    }

    pub(crate) fn try_shared(self) -> Option<Arc<Shared>> {
        self.shared.try_get_value()
    }

    /// The client; once it is gone with its owner, a closed one in its place: so no command, getter
    /// or hook has to ask whether it is there.
    pub(crate) fn shared(self) -> Arc<Shared> {
        self.try_shared().unwrap_or_else(Shared::closed)
    }
}

impl fmt::Debug for ConvexClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("ConvexClient");
        match self.try_shared() {
            Some(shared) => debug.field(shared.web()).finish(),
            None => debug.finish_non_exhaustive(),
        }
    }
}
