//! The client, as components use it.

mod calls;
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

/// A client of one Convex deployment: one socket, one auth state, one set of live queries.
///
/// It is `Copy` and connects at once. An app with one deployment needs none of its
/// own: [`<ConvexProvider url>`](crate::ConvexProvider) creates one. Create one to share it between
/// roots, to use several deployments, or to [configure](ClientOptions) it:
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
/// Like a signal it belongs to the reactive owner that it was created under, and is closed with it.
/// A client that is created before the app is mounted lives as long as the page. Each hook is also
/// a method, for a client that is not the nearest provider's:
///
/// ```
/// use convex_leptos::{AuthPolicy, ConvexClient, QueryRef, use_query};
/// use leptos::prelude::*;
///
/// const MESSAGES: QueryRef<(), u32> = QueryRef::new("messages:count");
/// const INVOICES: QueryRef<(), u32> = QueryRef::new("invoices:count");
///
/// /// Provided by `App`, beside its `<ConvexProvider>`.
/// #[derive(Clone, Copy)]
/// struct Billing(ConvexClient);
///
/// #[component]
/// fn Overview() -> impl IntoView {
///     let messages = use_query(MESSAGES, ());
///     let Billing(billing) = expect_context();
///     let invoices = billing.use_query_with(INVOICES, (), AuthPolicy::Required);
///     let auth = billing.use_auth();
///     view! {
///         <p>{move || messages.value()}" messages"</p>
///         <Show when=move || auth.is_authenticated()><p>{move || invoices.value()}" invoices"</p></Show>
///     }
/// }
/// ```
///
/// # Late calls
///
/// A task can outlive the owner that the client was created under. From then on the client behaves
/// as one that is [closed](Self::close): commands do nothing, requests fail with
/// [`ClientClosed`](crate::NotSentReason::ClientClosed), hooks return handles that load, and
/// nothing panics. The same holds for every handle of this crate after its component is disposed.
/// Only the signals that [`select`](crate::UseQuery::select) returns are Leptos's own: after their
/// component is disposed, read them with `try_get`.
///
/// # On the server
///
/// It does not connect. Its auth state is the identity of the request, and its queries run over
/// HTTP: see [the guide](crate::guide::server_rendering). Create it while the page is rendered, in
/// a component, because it looks for the request in the contexts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ConvexClient {
    shared: StoredValue<Arc<Shared>>,
}

impl ConvexClient {
    /// A client of the deployment at `url`, such as `https://happy-animal-123.convex.cloud`.
    ///
    /// With an invalid URL, the [connection state](crate::use_convex_connection_state) is
    /// [`Fatal`](crate::ConnectionState::Fatal) and contains the reason.
    #[track_caller]
    pub fn new(url: impl Into<String>) -> Self {
        Self::with_options(url, ClientOptions::default())
    }

    /// A client with options.
    #[track_caller]
    pub fn with_options(url: impl Into<String>, options: ClientOptions) -> Self {
        Self { shared: StoredValue::new(Shared::start(url.into(), options)) }
    }

    /// Adds an identity provider. The client uses the session and the tokens of the newest one.
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

    /// Signs the user out of this client and its server, at once, even offline: the user's data is
    /// removed from every signal when this returns. It lasts until the provider's session changes
    /// or [`reauthenticate`](Self::reauthenticate) is called.
    ///
    /// It does not sign out of the identity provider. A sign-out there also signs out here.
    pub fn sign_out(self) {
        self.shared().web().sign_out();
    }

    /// Authenticates again with the provider's session: after a sign-out, or after the cause of a
    /// rejection was fixed.
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

    /// Connects now instead of at the next scheduled attempt, while the client is
    /// [reconnecting](crate::ConnectionState::Reconnecting). An open socket is replaced unless it
    /// receives a message soon.
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

    /// The claims of the current token. The signature is not checked.
    ///
    /// ```no_run
    /// # let client = convex_leptos::ConvexClient::new("https://happy-animal-123.convex.cloud");
    /// // The issuer that the deployment's `auth.config` must contain.
    /// let issuer = client.claims().and_then(|claims| claims.issuer);
    /// ```
    pub fn claims(self) -> Option<Claims> {
        self.shared().web().claims()
    }

    /// The current time on the clock of [`AuthState`](crate::AuthState) and
    /// [`ConnectionState`](crate::ConnectionState).
    ///
    /// ```no_run
    /// # use convex_leptos::{AuthState, ConvexClient};
    /// # fn example(client: ConvexClient, auth: AuthState) {
    /// if let AuthState::Loading { since, waiting_for } = auth {
    ///     println!("waiting for {waiting_for:?} for {} s", (client.now() - since).as_secs());
    /// }
    /// # }
    /// ```
    pub fn now(self) -> Time {
        self.shared().web().now()
    }

    /// Closes the client: its socket is dropped and its requests settle. It cannot be reopened. A
    /// client is closed automatically with its owner.
    ///
    /// ```
    /// # use convex_leptos::use_convex;
    /// # use leptos::prelude::*;
    /// # fn example() -> impl IntoView {
    /// let client = use_convex();
    /// view! { <button on:click=move |_| client.close()>"Disconnect"</button> }
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

    /// The client, or a closed one if its owner is disposed. So commands, getters and hooks need
    /// not check for that.
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
