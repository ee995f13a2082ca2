//! The part of a client that all its handles share.

use super::{ClientOptions, providers::ProviderSet};
use crate::{
    IN_BROWSER,
    connection::{ConnectionSnapshot, DebouncedConnection, SnapshotChange},
    pagination::ListCache,
    query::Cache,
};
use convex_web::{
    Listener, Update,
    sync::{AuthPolicy, AuthState, ConnectionState, InFlight, Time, TokenError, WaitingFor},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use std::sync::{
    Arc, OnceLock, Weak,
    atomic::{AtomicBool, Ordering},
};

/// A browser client and its state as signals.
///
/// All signals that one update of the browser client changes are written before any of them
/// notifies, so no reader sees a part of an update. (A `batch` would not do: it loses effects that
/// depend on a memo, see [`ImmediateEffect`](crate::immediate_effect::ImmediateEffect).)
pub(crate) struct Shared {
    pub(super) web: convex_web::ConvexClient,
    default_auth: AuthPolicy,
    /// Hydration is in progress. Until it ends, the initial state is shown, as in the server's
    /// page.
    hydrating: AtomicBool,
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
        let ClientOptions { default_auth, dial, unsaved_changes_warning, .. } = options;
        let builder = convex_web::ConvexClient::builder(url)
            .config(config)
            .unsaved_changes_warning(unsaved_changes_warning);
        let web = match dial {
            Some(dial) => builder.dial(dial).build(),
            None => builder.build(),
        };
        let shared = Self::new(web, default_auth);
        shared.listen();
        shared.wait_for_hydration();
        shared
    }

    /// A closed client, in place of one with a disposed owner.
    pub(crate) fn closed() -> Arc<Self> {
        Self::new(convex_web::ConvexClient::closed(), AuthPolicy::default())
    }

    fn new(web: convex_web::ConvexClient, default_auth: AuthPolicy) -> Arc<Self> {
        Arc::new(Self {
            default_auth,
            hydrating: AtomicBool::new(false),
            auth: ArcRwSignal::new(web.auth()),
            identity: ArcRwSignal::new(web.identity()),
            token_problem: ArcRwSignal::new(None),
            connection: ArcRwSignal::new(web.connection()),
            debounced_connection: DebouncedConnection::new(ConnectionSnapshot {
                state: web.connection(),
                since: web.connection_since(),
            }),
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

    fn publish(self: &Arc<Self>, update: &Update) {
        let changed = self.cache.write(&update.queries, |query| self.web.result(query));
        let lists = self.lists.write(&update.paginated, |list| self.web.paginated(list));
        let auth = update.auth && replace(&self.auth, self.displayed_auth());
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
        let now = self.connection_now();
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
        let changed = self.debounced_connection.display(self.connection_now());
        self.debounced_connection.notify(changed);
    }

    fn connection_now(&self) -> ConnectionSnapshot {
        if self.hydrating.load(Ordering::Relaxed) {
            ConnectionSnapshot { state: ConnectionState::Idle, since: Time::ZERO }
        } else {
            ConnectionSnapshot { state: self.web.connection(), since: self.web.connection_since() }
        }
    }

    fn displayed_auth(&self) -> AuthState {
        if self.hydrating.load(Ordering::Relaxed) {
            AuthState::Loading { waiting_for: WaitingFor::Provider, since: Time::ZERO }
        } else {
            self.web.auth()
        }
    }

    fn wait_for_hydration(self: &Arc<Self>) {
        let context = Owner::current_shared_context();
        let Some(context) = context.filter(|context| IN_BROWSER && context.during_hydration()) else {
            return;
        };
        self.hydrating.store(true, Ordering::Relaxed);
        *self.auth.write_untracked() = self.displayed_auth();
        self.connection.write_untracked().clone_from(&self.connection_now().state);
        self.debounced_connection.display(self.connection_now());
        let shared = Arc::downgrade(self);
        spawn_local(async move {
            // With islands, `during_hydration` stays true. But each island is hydrated in one turn,
            // so it has ended in this microtask.
            while context.during_hydration() && context.get_is_hydrating() {
                TimeoutFuture::new(0).await;
            }
            if let Some(shared) = shared.upgrade() {
                shared.hydrating.store(false, Ordering::Relaxed);
                shared.publish(&Update { auth: true, connection: true, ..Update::default() });
            }
        });
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
