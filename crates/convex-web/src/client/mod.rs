//! The handle to a running client.

mod builder;
mod requests;

pub use builder::ClientBuilder;

#[cfg(target_family = "wasm")]
use crate::driver::Backend;
#[cfg(not(target_family = "wasm"))]
use crate::server_stub::Backend;
use crate::{
    Listener, Suspension, TokenFetcher, Update,
    sync::{
        Arguments, AuthPolicy, AuthState, Claims, ConnectionState, EncodedValue, FunctionError, FunctionPath,
        InFlight, PaginatedHandle, PaginationResult, QueryHandle, Session, SuspendedResults, Time,
        TokenError,
    },
};
use std::{cell::RefCell, fmt, sync::Arc, time::Duration};

/// A client of one Convex deployment, running until the last handle to it is dropped or it is
/// [closed](Self::close).
///
/// Cheap to clone, and `Send + Sync`, so that it fits into a framework that asks for it; in the
/// browser it may be used only on the thread that made it. There the handle holds no more than an
/// id: what it stands for lives in a thread-local, since sockets and listeners cannot leave their
/// thread.
///
/// A client that is [closed](Self::close) stays usable: commands do nothing, getters return that it
/// is closed, and requests fail with [`ClientClosed`](crate::sync::NotSentReason::ClientClosed).
///
/// # Inside an optimistic update
///
/// An optimistic update and the filter of a suspension run while the client is being changed. They
/// should not use the client; if they do, also by what they drop, nothing panics: requests fail
/// with [`ClientBusy`](crate::sync::NotSentReason::ClientBusy), [`subscribe`](Self::subscribe),
/// [`subscribe_paginated`](Self::subscribe_paginated) and [`suspend`](Self::suspend) return a
/// handle that names nothing, [`load_more`](Self::load_more) returns `false`, getters return what a
/// new client returns, and every other command takes effect right afterwards.
/// [`when_idle`](Self::when_idle) calls a closure outside of these.
///
/// # Example
///
/// The [front page](crate) shows a query; this is a mutation:
///
/// ```
/// use convex_web::{ConvexClient, sync::{Arguments, ConvexError, FunctionPath, AuthPolicy}};
/// use std::collections::BTreeMap;
///
/// /// Gives the id of the new message.
/// async fn send(client: &ConvexClient, body: &str) -> Result<String, ConvexError> {
///     let function = FunctionPath::parse("messages:send")?;
///     let args = Arguments::encode(&BTreeMap::from([("body", body)]))?.expect("a map is an object");
///     // As a signed-in person only. Once it has ended, every query shows what it wrote.
///     let id = client.mutate(function, args, AuthPolicy::Required).await?;
///     Ok(id.decode()?)
/// }
/// ```
#[derive(Clone)]
pub struct ConvexClient(Arc<Backend>);

impl ConvexClient {
    /// A client of the deployment at `url`, an absolute `http` or `https` URL.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// A client that is closed already: it stands for one that is gone. No deployment is dialled.
    ///
    /// ```
    /// use convex_web::ConvexClient;
    ///
    /// let client: Option<ConvexClient> = None;
    /// let client = client.unwrap_or_else(ConvexClient::closed);
    /// client.sign_out();
    /// assert_eq!(client.claims(), None);
    /// ```
    pub fn closed() -> Self {
        Self(Arc::new(Backend::closed()))
    }

    // ---- getters ----

    /// The current result of a query: `None` while it loads, and after a change of identity until
    /// it has run again.
    pub fn result(&self, query: QueryHandle) -> Option<Result<EncodedValue, FunctionError>> {
        self.0.driver().result(query)
    }

    /// What a paginated list shows; `None` once it was unsubscribed.
    pub fn paginated(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.0.driver().paginated(list)
    }

    /// How often results were cleared because the signed-in user changed or went.
    pub fn identity_changes(&self) -> u64 {
        self.0.driver().identity_changes()
    }

    /// Whether somebody is signed in.
    pub fn auth(&self) -> AuthState {
        self.0.driver().auth()
    }

    /// A number that changes with every identity change: when another user signs in, the session
    /// ends, a user signs in again, or a token of another subject replaces the one in use. It stays
    /// the same while tokens are replaced.
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let shown_to = client.identity();
    /// let listener = client.on_update({
    ///     let client = client.clone();
    ///     move |update| if update.auth && client.identity() != shown_to { /* forgets what it shows */ }
    /// });
    /// # drop(listener);
    /// ```
    pub fn identity(&self) -> u64 {
        self.0.driver().identity()
    }

    /// Why there is no new token: what the last fetch failed with, until one succeeds. It is being
    /// tried again.
    pub fn token_problem(&self) -> Option<TokenError> {
        self.0.driver().token_problem()
    }

    /// What the token in use says about itself.
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// // A line for a support page.
    /// let claims = client.claims().map(|claims| claims.to_string());
    /// println!("{:?}, {claims:?}, {:?}", client.auth(), client.token_problem());
    /// ```
    pub fn claims(&self) -> Option<Claims> {
        self.0.driver().claims()
    }

    /// The state of the connection.
    pub fn connection(&self) -> ConnectionState {
        self.0.driver().connection()
    }

    /// Since when the [connection](Self::connection) is in its state, on the clock of
    /// [`now`](Self::now).
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let lasted = client.now() - client.connection_since();
    /// println!("{:?} for {} s", client.connection(), lasted.as_secs());
    /// ```
    pub fn connection_since(&self) -> Time {
        self.0.driver().connection_since()
    }

    /// The mutations and actions that have no outcome yet, those that have not left among them:
    /// what is lost if the page is closed now. [`Update::in_flight`] tells when it changed.
    ///
    /// ```
    /// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let waits = client.in_flight().oldest.map(|called| client.now() - called);
    /// println!("{} to be saved, the oldest for {waits:?}", client.in_flight().count());
    /// ```
    pub fn in_flight(&self) -> InFlight {
        self.0.driver().in_flight()
    }

    /// The time on the clock that the times in [`auth`](Self::auth),
    /// [`connection`](Self::connection) and [`in_flight`](Self::in_flight) are read from.
    pub fn now(&self) -> Time {
        self.0.driver().now()
    }

    // ---- commands ----

    /// Calls `task` at once, or right after the [optimistic
    /// update](Self#inside-an-optimistic-update) or filter that calls this.
    ///
    /// ```no_run
    /// # use convex_web::{ConvexClient, sync::{Arguments, FunctionPath, AuthPolicy}};
    /// # fn run(client: ConvexClient, list: FunctionPath, args: Arguments) {
    /// // What follows a signal cannot know who sets it.
    /// client.when_idle({
    ///     let client = client.clone();
    ///     move || drop(client.subscribe(&list, &args, AuthPolicy::Settled))
    /// });
    /// # }
    /// ```
    pub fn when_idle(&self, task: impl FnOnce() + 'static) {
        self.0.driver().when_idle(task);
    }

    /// Keeps a query up to date until [`unsubscribe`](Self::unsubscribe) was called as often as
    /// this. Equal queries are one.
    pub fn subscribe(&self, function: &FunctionPath, args: &Arguments, auth: AuthPolicy) -> QueryHandle {
        self.0.driver().subscribe(function, args, auth)
    }

    /// Takes back one [`subscribe`](Self::subscribe).
    ///
    /// ```
    /// use convex_web::{ConvexClient, sync::QueryHandle};
    ///
    /// /// Somebody's interest in a query, for as long as it lives.
    /// struct Subscription {
    ///     client: ConvexClient,
    ///     query: QueryHandle,
    /// }
    ///
    /// impl Drop for Subscription {
    ///     fn drop(&mut self) {
    ///         self.client.unsubscribe(self.query);
    ///     }
    /// }
    /// ```
    pub fn unsubscribe(&self, query: QueryHandle) {
        self.0.driver().unsubscribe(query);
    }

    /// Keeps the first page of a list up to date, `initial_num_items` long at first, and every page
    /// that [`load_more`](Self::load_more) adds. Every list is one of its own.
    ///
    /// ```
    /// use convex_web::{ConvexClient, sync::{ConvexError, PaginatedHandle}};
    ///
    /// /// What a list on screen holds.
    /// struct History {
    ///     client: ConvexClient,
    ///     list: PaginatedHandle,
    /// }
    ///
    /// impl History {
    ///     /// Asked again with every `Update` whose `paginated` names the list.
    ///     fn messages(&self) -> Result<Vec<String>, ConvexError> {
    ///         let pages = self.client.paginated(self.list).map(|shown| shown.pages).unwrap_or_default();
    ///         let messages: Result<Vec<Vec<String>>, _> = pages.iter().map(|page| page.decode()).collect();
    ///         Ok(messages?.concat())
    ///     }
    ///
    ///     fn scrolled_to_the_end(&self) {
    ///         // Does nothing while a later page loads, or if there is no more.
    ///         self.client.load_more(self.list, 20);
    ///     }
    /// }
    ///
    /// impl Drop for History {
    ///     fn drop(&mut self) {
    ///         self.client.unsubscribe_paginated(self.list);
    ///     }
    /// }
    /// ```
    pub fn subscribe_paginated(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        self.0.driver().subscribe_paginated(function, args, auth, initial_num_items)
    }

    /// Adds a page of `num_items` to a list if it can load more. While the first page loads, the
    /// first call is remembered, and done when that page is there. Returns whether the page was
    /// added or will be.
    pub fn load_more(&self, list: PaginatedHandle, num_items: u32) -> bool {
        self.0.driver().load_more(list, num_items)
    }

    /// Takes back a [`subscribe_paginated`](Self::subscribe_paginated).
    pub fn unsubscribe_paginated(&self, list: PaginatedHandle) {
        self.0.driver().unsubscribe_paginated(list);
    }

    /// Keeps a query up to date for so long, on behalf of nobody: whoever subscribes to it
    /// meanwhile finds its result there, or on its way. Five seconds are a good time for a page
    /// behind a link on which the pointer rests.
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::{Arguments, ConvexError, FunctionPath, AuthPolicy}};
    /// # use std::time::Duration;
    /// # let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let list = FunctionPath::parse("messages:list")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    /// client.prewarm(&list, &args, AuthPolicy::Settled, Duration::from_secs(5));
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn prewarm(&self, function: &FunctionPath, args: &Arguments, auth: AuthPolicy, lasts: Duration) {
        self.0.driver().prewarm(function, args, auth, lasts);
    }

    /// Takes every query away from the server until the [`Suspension`] is dropped, in one message
    /// each way; those subscribed to meanwhile wait. Their subscribers stay, and see what `results`
    /// says. A connection that has nothing left is [`Live`](ConnectionState::Live).
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::SuspendedResults};
    /// # let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let suspension = client.suspend(SuspendedResults::Keep);
    /// // What is shown stays as it is.
    /// drop(suspension);
    /// // All of it is asked again.
    /// ```
    pub fn suspend(&self, results: SuspendedResults) -> Suspension {
        self.cancel_queries(results, |_, _| true)
    }

    /// As [`suspend`](Self::suspend), for the queries that `filter` matches. What several
    /// suspensions are about runs again once none of them is left.
    ///
    /// `filter` must always return the same for the same query, and should not [use the
    /// client](Self#inside-an-optimistic-update).
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::SuspendedResults};
    /// # let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let chat = client.cancel_queries(SuspendedResults::Clear, |function, _| function.as_str().starts_with("messages:"));
    /// # drop(chat);
    /// ```
    pub fn cancel_queries(
        &self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> Suspension {
        Suspension::new(Arc::downgrade(&self.0), self.0.driver().suspend(results, filter))
    }

    /// Tells what the identity provider says about who is signed in. `None`: there is no provider
    /// (the initial state).
    ///
    /// A signed-in session needs a [token fetcher](Self::set_token_fetcher), so that is set first.
    pub fn set_session(&self, session: Option<Session>) {
        self.0.driver().set_session(session);
    }

    /// Sets the function that fetches tokens. A fetch under way is dropped, and made again by the
    /// next fetcher.
    pub fn set_token_fetcher(&self, fetcher: Option<TokenFetcher>) {
        self.0.driver().set_token_fetcher(fetcher);
    }

    /// Replaces the identity provider: its session and its fetcher in one step, so that no token of
    /// one is fetched for the session of the other. If both report the same session, the token in
    /// use stays. Unlike with [`set_session`](Self::set_session), [`Session::Loading`] ends the
    /// session of the provider before.
    ///
    /// [`Providers`](crate::sync::Providers) decides which of several providers to follow.
    ///
    /// ```
    /// use convex_web::{ConvexClient, TokenFetcher, sync::Session};
    ///
    /// fn use_company_login(client: &ConvexClient, employee: &str, fetcher: TokenFetcher) {
    ///     client.switch_provider(Session::signed_in(employee), fetcher);
    /// }
    /// ```
    pub fn switch_provider(&self, session: Session, fetcher: TokenFetcher) {
        self.0.driver().switch_provider(session, fetcher);
    }

    /// Signs out, until the provider's session changes or [`reauthenticate`](Self::reauthenticate)
    /// is called.
    ///
    /// ```
    /// # async fn end_session() -> Result<(), std::io::Error> { Ok(()) }
    /// # async fn example(client: &convex_web::ConvexClient) {
    /// // At once, and offline, too; the provider may take longer.
    /// client.sign_out();
    /// if end_session().await.is_err() {
    ///     // The cookie still stands: as before, then.
    ///     client.reauthenticate();
    /// }
    /// # }
    /// ```
    pub fn sign_out(&self) {
        self.0.driver().sign_out();
    }

    /// Starts authentication anew from the provider's session.
    pub fn reauthenticate(&self) {
        self.0.driver().reauthenticate();
    }

    /// Connects now rather than when it is due, as behind a button “try again”: a socket that was
    /// to be dialled later is dialled at once; one that is open has to prove itself within
    /// [`Config::probe_timeout`](crate::sync::Config::probe_timeout), or is replaced. A client that
    /// has stopped stays so.
    ///
    /// ```no_run
    /// use convex_web::{ConvexClient, sync::ConnectionState};
    ///
    /// # fn run(client: &ConvexClient) {
    /// if matches!(client.connection(), ConnectionState::Reconnecting { .. }) {
    ///     client.reconnect_now();
    /// }
    /// # }
    /// ```
    pub fn reconnect_now(&self) {
        self.0.driver().reconnect_now();
    }

    /// Calls `listener` after every change, with all that changed together, until the [`Listener`]
    /// is dropped.
    ///
    /// A command's own effects are delivered before it returns; those of a command given by a
    /// listener follow once every listener has seen the update at hand.
    pub fn on_update(&self, listener: impl Fn(&Update) + 'static) -> Listener {
        let id = self.0.driver().add_listener(Box::new(listener));
        Listener::new(Arc::downgrade(&self.0), id)
    }

    /// Calls `listener` whenever [`auth`](Self::auth) changes, with what it is now, until the
    /// [`Listener`] is dropped. It is told of a person, not of tokens: replacing one changes
    /// nothing.
    ///
    /// ```no_run
    /// use convex_web::{ConvexClient, sync::AuthState};
    ///
    /// let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let listener = client.on_auth_change(|auth| match auth {
    ///     AuthState::Loading { waiting_for, .. } => { /* waits for the provider, a token or the deployment */ }
    ///     AuthState::Authenticated { refreshing } => { /* shows what is the person's; writes wait while `refreshing` */ }
    ///     AuthState::Unauthenticated { reason } => { /* shows the way to sign in, and why */ }
    /// });
    /// # drop(listener);
    /// ```
    pub fn on_auth_change(&self, listener: impl Fn(&AuthState) + 'static) -> Listener {
        let client = Arc::downgrade(&self.0);
        let last = RefCell::new(self.auth());
        self.on_update(move |update| {
            let Some(client) = client.upgrade().filter(|_| update.auth) else { return };
            let auth = client.driver().auth();
            // An update also tells of a token fetch that failed.
            if last.replace(auth.clone()) != auth {
                listener(&auth);
            }
        })
    }

    /// Closes the client: its socket is abandoned, its requests settle, and nothing of it stays
    /// behind on the page.
    pub fn close(&self) {
        self.0.driver().close();
    }
}

impl fmt::Debug for ConvexClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConvexClient")
            .field("connection", &self.connection())
            .field("auth", &self.auth())
            .finish_non_exhaustive()
    }
}
