//! Once the world is well again, so is the client: what it wants, what the server holds and what is
//! shown agree (rules 10, 11 and 14).

use std::{collections::BTreeSet, time::Duration};

use convex_sync::{AuthPolicy, AuthState, ConnectionState, PaginationStatus, Time};
use serde_json::Value as Json;

use super::{
    epochs::Asking,
    lists::ListComponent,
    rules::{Violation, requests::pending, secrets},
    schedule::{Action, Asks},
    world::{Component, World},
};

/// How long a page that wakes up may take to have a connection that is proven (rule 11).
const AWAKE_WITHIN: Duration = Duration::from_secs(5);

/// How long it may take until everything agrees: a token fetch that hangs (30 s) and the longest
/// wait for the next (45 s), a socket that is silent (60 s) and the longest wait for the next dial
/// (24 s), and rejections in between.
const WELL_WITHIN: Duration = Duration::from_secs(200);

/// How much longer it may take until a session is resumed that the server had rejected: the longest
/// wait between two attempts (rule 5).
const RESUMED_WITHIN: Duration = Duration::from_secs(600);

/// How much longer with a mutation that ends every connection it is sent on, until it ends itself.
const KILLED_WITHIN: Duration = Duration::from_secs(90);

/// How long it is then watched: long enough for a ping, and for the refresh of tokens that do not
/// live long.
const STAYS_WELL: Duration = Duration::from_secs(30);

/// A frame that came so recently when the page woke up proves a connection (rule 11).
const JUST_NOW: Duration = Duration::from_secs(1);

/// How long anything that was on its way in the bad times may take to arrive.
const STILL_ON_ITS_WAY: Duration = Duration::from_secs(5);

/// Lets the world be well, and the client come round.
pub(super) fn heal(world: &mut World, wakes: bool, network_changes: bool) -> Result<(), Violation> {
    world.heal()?;
    let healed = world.pair.now();
    world.run_for(STILL_ON_ITS_WAY)?;
    let is_quiet = world.killers() == 0;
    if wakes && is_quiet && !world.is_over() {
        wake(world)?;
    }
    if network_changes && is_quiet && !world.is_over() {
        change_network(world)?;
    }
    let is_over = |world: &World| world.is_over() || disagreement(world, healed).is_none();
    let well_within = healed + WELL_WITHIN + KILLED_WITHIN * world.killers() as u32;
    world.run_until(well_within, is_over)?;
    if world.is_resumable {
        world.run_until(well_within + RESUMED_WITHIN, is_over)?;
    }
    if world.is_over() {
        return all_settled(world);
    }
    if let Some(what) = disagreement(world, healed) {
        return violated("once the world is well, so is the client", what);
    }
    stays_well(world)?;
    secrets::kept_by_all(world)
}

/// Where nothing happens from outside, nobody is seen to be in doubt: tokens are replaced in time.
fn stays_well(world: &mut World) -> Result<(), Violation> {
    let auth = world.pair.client.auth().clone();
    // Who the tokens speak for may change as the provider comes round, and then there is somebody
    // else to be waited for; and who is wrong about the clock takes a good token for a bad one.
    let is_disturbed = |world: &World| {
        *world.pair.client.auth() != auth && !world.is_past(world.epochs.now()) && !world.clock_in_doubt
    };
    world.run_until(world.pair.now() + STAYS_WELL, is_disturbed)?;
    if is_disturbed(world) {
        return violated("once all is well, it stays so", format!("{:?}", world.pair.client.auth()));
    }
    Ok(())
}

fn wake(world: &mut World) -> Result<(), Violation> {
    let woken = world.pair.now();
    let is_proven = move |world: &World| {
        world.proven_at().is_some_and(|proven| proven + JUST_NOW >= woken) && is_connected(world)
    };
    world.take(&Action::Wake)?;
    world.run_until(woken + AWAKE_WITHIN, is_proven)?;
    if is_proven(world) || world.is_over() {
        return Ok(());
    }
    violated("a wake leads to a proven connection within 5 s", format!("{:?}", world.connection()))
}

/// The sockets die unnoticed in a network change, right after a frame.
fn change_network(world: &mut World) -> Result<(), Violation> {
    world.take(&Action::Write)?;
    world.run_for(Duration::from_millis(200))?;
    let changed = world.pair.now();
    let is_new = move |world: &World| world.opened_at().is_some_and(|opened| opened >= changed);
    world.take(&Action::NetworkChanges { sockets_die: true })?;
    world.run_until(changed + AWAKE_WITHIN, is_new)?;
    if is_new(world) || world.is_over() {
        return Ok(());
    }
    violated("a network change leads to a proven connection within 5 s", format!("{:?}", world.connection()))
}

/// What is left of a client that was told to go away.
fn all_settled(world: &World) -> Result<(), Violation> {
    if let Some(request) = pending(world).next() {
        return violated("requests settle", format!("request {request} is pending after a fatal error"));
    }
    match world.pair.client.auth() {
        AuthState::Loading { .. } | AuthState::Authenticated { refreshing: true } => {
            violated("every state has an exit", format!("{:?} after a fatal error", world.pair.client.auth()))
        }
        AuthState::Authenticated { refreshing: false } | AuthState::Unauthenticated { .. } => {
            secrets::kept_by_all(world)
        }
    }
}

fn is_connected(world: &World) -> bool {
    !matches!(world.connection(), ConnectionState::Connecting | ConnectionState::Reconnecting { .. })
}

/// What does not agree yet.
fn disagreement(world: &World, healed: Time) -> Option<String> {
    if world.is_resumable {
        return Some("the server accepts tokens, and the session is not resumed".to_owned());
    }
    let auth = world.pair.client.auth();
    let is_settled = match world.epochs.asking() {
        Asking::Nobody => matches!(auth, AuthState::Unauthenticated { .. }),
        Asking::Undecided => matches!(auth, AuthState::Loading { .. }),
        Asking::Person => *auth == AuthState::Authenticated { refreshing: false },
    };
    if !is_settled {
        return Some(format!("{:?} is asking, and shown is {auth:?}", world.epochs.asking()));
    }
    if !is_connected(world) {
        return Some(format!("{:?}", world.connection()));
    }
    if world.heard_at().is_none_or(|heard| heard < healed + STILL_ON_ITS_WAY) {
        return Some("the server has not been heard of since".to_owned());
    }
    if world.is_fetching() {
        return Some("a token is being fetched".to_owned());
    }
    let held = holds(world);
    if held != (world.epochs.asking() == Asking::Person).then(|| world.epochs.now()) {
        return Some(format!("the server holds {held:?} in epoch {}", world.epochs.now()));
    }
    // While it is undecided who is asking, requests wait: that is what the hold is for.
    let waits = world.epochs.asking() == Asking::Undecided;
    if let Some(request) = pending(world).next().filter(|_| !waits) {
        return Some(format!("request {request} is pending"));
    }
    let (subscribed, wanted) = subscriptions(world);
    if subscribed != wanted {
        return Some(format!("the server keeps {subscribed} queries, and {wanted} are wanted"));
    }
    let stale = world.components.iter().find_map(|component| is_stale(world, component));
    stale.or_else(|| world.lists.iter().find_map(|component| is_stale_list(world, component)))
}

/// How many queries the server has, and how many there are.
fn subscriptions(world: &World) -> (usize, usize) {
    let subscribed =
        world.pair.connection().map(|connection| world.pair.deployment.subscriptions(connection));
    let shown = world.components.iter().map(|component| component.query);
    let shown = shown.flat_map(|query| query.asks.functions().iter().map(move |path| (path, query)));
    let asked_once = world.requests.iter().filter(|request| world.pair.outcome(request.id).is_none());
    let asked_once = asked_once.filter_map(|request| request.query);
    let asked_once = asked_once.map(|query| (&query.asks.functions()[0], query));
    let wanted = shown.chain(asked_once).filter(|(_, query)| runs(world, query.auth));
    let wanted: BTreeSet<_> = wanted.map(|(path, query)| (path, query.args().to_string())).collect();
    let lists = world.lists.iter().filter(|component| runs(world, component.auth));
    let all: BTreeSet<_> = lists.clone().map(|component| component.all).collect();
    let pages: usize = lists.map(|component| world.list_shows(component.list).0.pages.len()).sum();
    (subscribed.unwrap_or_default(), wanted.len() + all.len() + pages)
}

/// Whether who is asking may ask that.
fn runs(world: &World, auth: AuthPolicy) -> bool {
    world.epochs.asking() == Asking::Person || auth != AuthPolicy::Required
}

/// Whose epoch the server holds the client for.
fn holds(world: &World) -> Option<u64> {
    let identity = world.pair.deployment.identity(world.pair.connection()?)?;
    identity.claims.get("epoch")?.as_u64()
}

fn is_stale(world: &World, component: &Component) -> Option<String> {
    // A mutation that waits until it is decided who is asking may let it load.
    if world.is_cleared_by_update(component.query) {
        return None;
    }
    let runs = runs(world, component.query.auth);
    let mut notes = world.notes();
    notes.sort_by(f64::total_cmp);
    for query in &component.handles {
        let result = world.pair.result(*query).and_then(Result::ok);
        let (Some(result), true) = (&result, runs) else {
            if result.is_some() || runs {
                return Some(format!("{:?} shows {result:?}", component.query));
            }
            continue;
        };
        let is_current = match component.query.asks {
            Asks::Me => result["epoch"].as_f64() == holds(world).map(|epoch| epoch as f64),
            Asks::Notes => ids(result) == notes,
            Asks::Halves => result["count"].as_f64() == Some(notes.len() as f64),
            Asks::Public => result.as_f64() == Some(notes.len() as f64),
        };
        if !is_current {
            return Some(format!("{:?} shows {result}, and there are {notes:?}", component.query));
        }
    }
    None
}

/// A list that runs has come to an end of what it was asked for, and one that does not shows
/// nothing.
fn is_stale_list(world: &World, component: &ListComponent) -> Option<String> {
    let (result, cards) = world.list_shows(component.list);
    let is_current = match result.status {
        PaginationStatus::CanLoadMore | PaginationStatus::Exhausted => runs(world, component.auth),
        PaginationStatus::LoadingFirstPage => !runs(world, component.auth),
        PaginationStatus::LoadingMore | PaginationStatus::Error(_) => false,
    };
    (!is_current).then(|| format!("a list of {:?} shows {cards:?} ({:?})", component.auth, result.status))
}

fn ids(notes: &Json) -> Vec<f64> {
    let mut ids: Vec<f64> = notes["ids"].as_array().into_iter().flatten().filter_map(Json::as_f64).collect();
    ids.sort_by(f64::total_cmp);
    // Those of mutations that wait until it is decided who is asking.
    ids.retain(|id| *id >= 0.0);
    ids
}

fn violated<T>(rule: &'static str, how: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { rule, how: how.into() })
}
