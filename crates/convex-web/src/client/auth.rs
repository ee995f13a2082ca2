//! Authentication.

use super::ConvexClient;
use crate::{
    TokenFetcher,
    sync::{AuthState, Claims, Session, SyncClient, Time, TokenError, WaitingFor},
};

/// # Authentication
impl ConvexClient {
    /// The state of authentication. On a server, it follows from the [presumed](Self::presume)
    /// identity; without one, it is `Loading` if there is a provider.
    pub fn auth(&self) -> AuthState {
        let initial = AuthState::Loading { waiting_for: WaitingFor::Provider, since: Time::ZERO };
        self.0.read(|core| core.auth().clone()).unwrap_or(initial)
    }

    /// A number that changes with every identity change: when another user signs in, the session
    /// ends, a user signs in again, or a token of another subject replaces the one in use. It stays
    /// the same while tokens are replaced.
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let identity = client.identity();
    /// let listener = client.on_update({
    ///     let client = client.clone();
    ///     move |update| if update.auth && client.identity() != identity { /* clear private data */ }
    /// });
    /// # drop(listener);
    /// ```
    pub fn identity(&self) -> u64 {
        self.0.read(SyncClient::identity).unwrap_or_default()
    }

    /// How often results were cleared because of an identity change.
    pub fn identity_changes(&self) -> u64 {
        self.0.read(SyncClient::identity_changes).unwrap_or_default()
    }

    /// The error of the last token fetch, until a fetch succeeds. The client retries by itself.
    pub fn token_problem(&self) -> Option<TokenError> {
        self.0.read(|core| core.token_problem().cloned())?
    }

    /// The claims of the token in use.
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// // A line for a support page.
    /// let claims = client.claims().map(|claims| claims.to_string());
    /// println!("{:?}, {claims:?}, {:?}", client.auth(), client.token_problem());
    /// ```
    pub fn claims(&self) -> Option<Claims> {
        self.0.read(|core| core.claims().cloned())?
    }

    /// Sets the session that the identity provider reports. `None`, the initial state, means that
    /// there is no provider.
    ///
    /// A signed-in session needs a [token fetcher](Self::set_token_fetcher): set that first. On a
    /// server, the session itself is ignored: the state is `Loading`, unless an identity was
    /// [presumed](Self::presume).
    pub fn set_session(&self, session: Option<Session>) {
        self.0.set_session(session);
    }

    /// Sets the function that fetches tokens. A fetch in flight is dropped and started again with
    /// the next fetcher.
    pub fn set_token_fetcher(&self, fetcher: Option<TokenFetcher>) {
        self.0.set_token_fetcher(fetcher);
    }

    /// Replaces the identity provider: its session and its token fetcher in one step, so that no
    /// token of one provider is fetched for the session of the other.
    ///
    /// If both report the same session, the token in use stays. Unlike with
    /// [`set_session`](Self::set_session), [`Session::Loading`] ends the session of the previous
    /// provider. [`Providers`](crate::sync::Providers) decides which of several providers to
    /// follow.
    ///
    /// ```
    /// use convex_web::{ConvexClient, TokenFetcher, sync::Session};
    ///
    /// fn use_company_login(client: &ConvexClient, employee: &str, fetcher: TokenFetcher) {
    ///     client.switch_provider(Session::signed_in(employee), fetcher);
    /// }
    /// ```
    pub fn switch_provider(&self, session: Session, fetcher: TokenFetcher) {
        self.0.switch_provider(session, fetcher);
    }

    /// Signs out, until the provider's session changes or [`reauthenticate`](Self::reauthenticate)
    /// is called.
    ///
    /// ```
    /// # async fn end_session() -> Result<(), std::io::Error> { Ok(()) }
    /// # async fn example(client: &convex_web::ConvexClient) {
    /// // Takes effect at once, also offline. The provider may take longer.
    /// client.sign_out();
    /// if end_session().await.is_err() {
    ///     // The provider still has its session: sign in again.
    ///     client.reauthenticate();
    /// }
    /// # }
    /// ```
    pub fn sign_out(&self) {
        self.0.command(|core, now| core.sign_out(now));
    }

    /// Restarts authentication with the provider's current session.
    pub fn reauthenticate(&self) {
        self.0.command(|core, now| core.reauthenticate(now));
    }
}
