//! The part of a client that all its handles share.

use super::{ClientOptions, providers::ProviderSet};
use crate::{
    connection::{ConnectionSnapshot, DebouncedConnection, SnapshotChange},
    page::Page,
    pagination::ListCache,
    query::Cache,
};
use convex_web::{
    Listener, Update,
    sync::{AuthPolicy, AuthState, ConnectionState, InFlight, Time, TokenError},
};
use leptos::prelude::*;
use std::sync::{Arc, OnceLock, Weak};

/// A browser client and its state as signals.
///
/// All signals that one update of the browser client changes are written before any of them
/// notifies, so no reader sees a part of an update. (A `batch` would not do: it loses effects that
/// depend on a memo, see [`ImmediateEffect`](crate::immediate_effect::ImmediateEffect).)
pub(crate) struct Shared {
    pub(super) web: convex_web::ConvexClient,
    default_auth: AuthPolicy,
    page: Page,
    auth: ArcRwSignal<AuthState>,
    identity: ArcRwSignal<u64>,
    token_problem: ArcRwSignal<Option<TokenError>>,
    connection: ArcRwSignal<ConnectionState>,
    debounced_connection: DebouncedConnection,
    in_flight: ArcRwSignal<InFlight>,
    cache: Cache,
    lists: ListCache,
    listener: OnceLock<Listener>,
    pub(super) providers: ProviderSet,
}

impl Shared {
    pub(crate) fn start(url: String, mut options: ClientOptions) -> Arc<Self> {
        let config = options.take_config();
        let ClientOptions { default_auth, dial, unsaved_changes_warning, server_timeout, .. } = options;
        let page = Page::new(&url, server_timeout);
        let builder = convex_web::ConvexClient::builder(url)
            .config(config)
            .unsaved_changes_warning(unsaved_changes_warning);
        let web = match dial {
            Some(dial) => builder.dial(dial).build(),
            None => builder.build(),
        };
        let shared = Self::new(web, default_auth, page);
        shared.listen();
        shared.page.start(&shared);
        shared
    }

    /// A closed client, in place of one with a disposed owner.
    pub(crate) fn closed() -> Arc<Self> {
        Self::new(convex_web::ConvexClient::closed(), AuthPolicy::default(), Page::default())
    }

    fn new(web: convex_web::ConvexClient, default_auth: AuthPolicy, page: Page) -> Arc<Self> {
        let connection = displayed_connection(&web, &page);
        Arc::new(Self {
            default_auth,
            page,
            auth: ArcRwSignal::new(web.auth()),
            identity: ArcRwSignal::new(web.identity()),
            token_problem: ArcRwSignal::new(None),
            connection: ArcRwSignal::new(connection.state.clone()),
            debounced_connection: DebouncedConnection::new(connection),
            in_flight: ArcRwSignal::new(web.in_flight()),
            cache: Cache::default(),
            lists: ListCache::default(),
            listener: OnceLock::new(),
            providers: ProviderSet::default(),
            web,
        })
    }

    pub(crate) fn web(&self) -> &convex_web::ConvexClient {
        &self.web
    }

    pub(crate) fn default_auth(&self) -> AuthPolicy {
        self.default_auth
    }

    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    pub(crate) fn auth(&self) -> &ArcRwSignal<AuthState> {
        &self.auth
    }

    /// Changes with every identity change, in the same update that clears the data of the old
    /// identity.
    pub(crate) fn identity(&self) -> &ArcRwSignal<u64> {
        &self.identity
    }

    /// The error of the last token fetch, if it failed.
    pub(crate) fn token_problem(&self) -> &ArcRwSignal<Option<TokenError>> {
        &self.token_problem
    }

    /// The state at this moment.
    pub(crate) fn connection(&self) -> &ArcRwSignal<ConnectionState> {
        &self.connection
    }

    /// The displayed state.
    pub(crate) fn debounced_connection(&self) -> &DebouncedConnection {
        &self.debounced_connection
    }

    pub(crate) fn in_flight(&self) -> &ArcRwSignal<InFlight> {
        &self.in_flight
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(crate) fn lists(&self) -> &ListCache {
        &self.lists
    }

    pub(crate) fn close(&self) {
        self.drop_providers();
        self.web.close();
    }

    fn listen(self: &Arc<Self>) {
        let shared: Weak<Self> = Arc::downgrade(self);
        let listener = self.web.on_update(move |update| {
            if let Some(shared) = shared.upgrade() {
                untrack(|| shared.publish(update));
            }
        });
        assert!(self.listener.set(listener).is_ok(), "`listen` is called once, by `start`");
    }

    /// Publishes the auth state of a client that no server updates.
    #[cfg(feature = "ssr")]
    pub(crate) fn publish_auth(self: &Arc<Self>) {
        untrack(|| self.publish(&Update { auth: true, ..Update::default() }));
    }

    /// The page is hydrated: from now on, the current state is shown, and providers are followed.
    /// `update` may have changed during hydration.
    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    pub(crate) fn hydrated(self: &Arc<Self>, update: &Update) {
        untrack(|| {
            self.publish(update);
            self.follow_provider_of_page();
        });
    }

    pub(crate) fn publish(self: &Arc<Self>, update: &Update) {
        let changed = self.cache.write(&update.queries, |query| self.page.result(&self.web, query));
        let lists = self.lists.write(&update.paginated, |list| self.page.list(&self.web, list));
        let auth = update.auth && replace(&self.auth, self.web.auth());
        let identity = update.auth && replace(&self.identity, self.web.identity());
        let token_problem = update.auth && replace(&self.token_problem, self.web.token_problem());
        let (connection, debounced_connection) =
            if update.connection { self.write_connection() } else { (false, SnapshotChange::default()) };
        let in_flight = update.in_flight && replace(&self.in_flight, self.web.in_flight());
        #[cfg(feature = "tracing")]
        self.trace(update);
        changed.iter().for_each(|query| query.notify());
        lists.iter().for_each(|list| list.notify());
        notify_if(&self.auth, auth);
        notify_if(&self.identity, identity);
        notify_if(&self.token_problem, token_problem);
        notify_if(&self.connection, connection);
        self.debounced_connection.notify(debounced_connection);
        notify_if(&self.in_flight, in_flight);
    }

    /// Writes the state of the connection without notifying. Returns whether it changed, and what
    /// changed of the displayed state.
    fn write_connection(self: &Arc<Self>) -> (bool, SnapshotChange) {
        let now = displayed_connection(&self.web, &self.page);
        let changed = replace(&self.connection, now.state.clone());
        let shared = Arc::downgrade(self);
        let displayed = self.debounced_connection.write(now, move || {
            if let Some(shared) = shared.upgrade() {
                untrack(|| shared.display_connection());
            }
        });
        (changed, displayed)
    }

    fn display_connection(&self) {
        let changed = self.debounced_connection.display(displayed_connection(&self.web, &self.page));
        self.debounced_connection.notify(changed);
    }

    #[cfg(feature = "tracing")]
    fn trace(&self, update: &Update) {
        if update.auth {
            tracing::debug!(target: "convex", auth = ?self.web.auth());
        }
        if update.connection {
            tracing::debug!(target: "convex", connection = ?self.web.connection());
        }
        for (_, error) in &update.failed_updates {
            tracing::warn!(target: "convex", "{error}");
        }
        for (function, line) in
            update.logs.iter().flat_map(|(f, lines)| lines.iter().map(move |line| (f, line)))
        {
            tracing::info!(target: "convex", %function, "{line}");
        }
    }
}

/// The state of the connection, or the one in the server's page.
fn displayed_connection(web: &convex_web::ConvexClient, page: &Page) -> ConnectionSnapshot {
    if page.hides_connection() {
        ConnectionSnapshot { state: ConnectionState::Idle, since: Time::ZERO }
    } else {
        ConnectionSnapshot { state: web.connection(), since: web.connection_since() }
    }
}

/// Notifies the readers of a changed signal. Not generic, so that it is compiled once.
#[inline(never)]
fn notify_if(signal: &dyn Notify, changed: bool) {
    if changed {
        signal.notify();
    }
}

/// Writes without notifying; `false` if the value has not changed.
fn replace<T: PartialEq + 'static>(signal: &ArcRwSignal<T>, value: T) -> bool {
    let changed = *signal.read_untracked() != value;
    if changed {
        *signal.write_untracked() = value;
    }
    changed
}
