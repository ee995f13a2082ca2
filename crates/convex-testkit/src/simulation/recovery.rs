//! Once all faults have ended, the client recovers: the app's subscriptions, the server's state and
//! the results agree (rules 10, 11 and 14).

use std::{collections::BTreeSet, time::Duration};

use convex_sync::{AuthPolicy, AuthState, ConnectionState, PaginationStatus, Time};
use serde_json::Value as Json;

use super::{
    epochs::WantedIdentity,
    functions::is_seed,
    rules::{Violation, requests::pending, secrets},
    runner::Runner,
    schedule::{Operation, QueryKind},
    world::{Component, ListComponent, World},
};

/// How long a page that wakes up may take to have a proven connection (rule 11).
const AWAKE_WITHIN: Duration = Duration::from_secs(5);

/// How long recovery may take: a hanging token fetch (30 s) and the longest wait for the next
/// (45 s), a silent socket (60 s) and the longest wait for the next dial (24 s), and rejections in
/// between.
const RECOVERED_WITHIN: Duration = Duration::from_secs(200);

/// How much longer it may take to resume a rejected session: the longest wait between two attempts
/// (rule 5).
const RESUMED_WITHIN: Duration = Duration::from_secs(600);

/// How much longer it may take for each pending mutation that ends every connection.
const KILLED_WITHIN: Duration = Duration::from_secs(90);

/// How long the recovered client is watched: long enough for a ping, and for the refresh of tokens
/// with a short life.
const STABLE_FOR: Duration = Duration::from_secs(30);

/// A frame that arrived this shortly before a wake proves the connection (rule 11).
const JUST_NOW: Duration = Duration::from_secs(1);

/// The longest delay of a frame that was sent before the faults ended.
const IN_FLIGHT: Duration = Duration::from_secs(5);

/// Ends all faults, and checks that the client recovers and stays well.
pub(super) fn check(runner: &mut Runner, wakes: bool, network_changes: bool) -> Result<(), Violation> {
    runner.end_faults()?;
    let healed = runner.world.pair.now();
    runner.run_for(IN_FLIGHT)?;
    let is_quiet = runner.world.pending_killers() == 0;
    if wakes && is_quiet && !runner.world.is_stopped() {
        wake(runner)?;
    }
    if network_changes && is_quiet && !runner.world.is_stopped() {
        change_network(runner)?;
    }
    let is_done = |runner: &Runner| runner.world.is_stopped() || disagreement(runner, healed).is_none();
    let recovered_within = healed + RECOVERED_WITHIN + KILLED_WITHIN * runner.world.pending_killers() as u32;
    runner.run_until(recovered_within, is_done)?;
    if runner.world.is_resumable {
        runner.run_until(recovered_within + RESUMED_WITHIN, is_done)?;
    }
    if runner.world.is_stopped() {
        return check_stopped(&runner.world);
    }
    if let Some(what) = disagreement(runner, healed) {
        return violated("the client recovers once all faults have ended", what);
    }
    check_stability(runner)?;
    secrets::check_all(&runner.world)
}

/// Without faults, the auth state does not change: tokens are replaced in time.
fn check_stability(runner: &mut Runner) -> Result<(), Violation> {
    let auth = runner.world.pair.client.auth().clone();
    // Exceptions: the subject of the tokens may change as the provider recovers, which is an
    // identity change; and a client with a wrong estimate of the clock may take a token for
    // expired.
    let is_disturbed = |runner: &Runner| {
        let world = &runner.world;
        *world.pair.client.auth() != auth
            && !world.has_identity_changed(world.epochs.current())
            && !world.is_clock_unreliable
    };
    runner.run_until(runner.world.pair.now() + STABLE_FOR, is_disturbed)?;
    if is_disturbed(runner) {
        return violated(
            "a recovered client stays recovered",
            format!("{:?}", runner.world.pair.client.auth()),
        );
    }
    Ok(())
}

fn wake(runner: &mut Runner) -> Result<(), Violation> {
    let woken = runner.world.pair.now();
    let is_proven = move |runner: &Runner| {
        let is_recent = runner.rules.proven_at().is_some_and(|proven| proven + JUST_NOW >= woken);
        is_recent && is_connected(&runner.world)
    };
    runner.apply(&Operation::Wake)?;
    runner.run_until(woken + AWAKE_WITHIN, is_proven)?;
    if is_proven(runner) || runner.world.is_stopped() {
        return Ok(());
    }
    violated("a wake leads to a proven connection within 5 s", format!("{:?}", runner.world.connection()))
}

/// The network changes, and the sockets die silently right after a frame.
fn change_network(runner: &mut Runner) -> Result<(), Violation> {
    runner.apply(&Operation::Write)?;
    runner.run_for(Duration::from_millis(200))?;
    let changed = runner.world.pair.now();
    let is_new = move |runner: &Runner| runner.rules.opened_at().is_some_and(|opened| opened >= changed);
    runner.apply(&Operation::NetworkChanges { sockets_die: true })?;
    runner.run_until(changed + AWAKE_WITHIN, is_new)?;
    if is_new(runner) || runner.world.is_stopped() {
        return Ok(());
    }
    let how = format!("{:?}", runner.world.connection());
    violated("a network change leads to a proven connection within 5 s", how)
}

/// Checks a client that a `FatalError` has stopped.
fn check_stopped(world: &World) -> Result<(), Violation> {
    if let Some(request) = pending(world).next() {
        return violated("requests settle", format!("request {request} is pending after a fatal error"));
    }
    match world.pair.client.auth() {
        AuthState::Loading { .. } | AuthState::Authenticated { refreshing: true } => {
            violated("every state has an exit", format!("{:?} after a fatal error", world.pair.client.auth()))
        }
        AuthState::Authenticated { refreshing: false } | AuthState::Unauthenticated { .. } => {
            secrets::check_all(world)
        }
    }
}

fn is_connected(world: &World) -> bool {
    !matches!(world.connection(), ConnectionState::Connecting | ConnectionState::Reconnecting { .. })
}

/// A difference between the client, the server and the model, if there is one.
fn disagreement(runner: &Runner, healed: Time) -> Option<String> {
    let Runner { world, rules } = runner;
    if world.is_resumable {
        return Some("the server accepts tokens, but the session is not resumed".to_owned());
    }
    let auth = world.pair.client.auth();
    let wanted = world.epochs.identity();
    let is_settled = match wanted {
        WantedIdentity::Anonymous => matches!(auth, AuthState::Unauthenticated { .. }),
        WantedIdentity::Undecided => matches!(auth, AuthState::Loading { .. }),
        WantedIdentity::User => *auth == AuthState::Authenticated { refreshing: false },
    };
    if !is_settled {
        return Some(format!("the wanted identity is {wanted:?}, but the state is {auth:?}"));
    }
    if !is_connected(world) {
        return Some(format!("{:?}", world.connection()));
    }
    if rules.last_received_at().is_none_or(|received| received < healed + IN_FLIGHT) {
        return Some("no frame was received since the faults ended".to_owned());
    }
    if rules.is_fetching() || world.pair.client.token_problem().is_some() {
        return Some("a token fetch or its retry is pending".to_owned());
    }
    let held = server_epoch(world);
    if held != (wanted == WantedIdentity::User).then(|| world.epochs.current()) {
        return Some(format!("the server holds epoch {held:?} in epoch {}", world.epochs.current()));
    }
    // While the identity is undecided, requests are held back on purpose.
    let is_held_back = wanted == WantedIdentity::Undecided;
    if let Some(request) = pending(world).next().filter(|_| !is_held_back) {
        return Some(format!("request {request} is pending"));
    }
    let (subscribed, expected) = subscriptions(world);
    if subscribed != expected {
        return Some(format!("the server has {subscribed} subscriptions instead of {expected}"));
    }
    let stale = world.components.iter().find_map(|component| staleness(world, component));
    stale.or_else(|| world.lists.iter().find_map(|component| list_staleness(world, component)))
}

/// How many queries the server is subscribed to, and how many it should be.
fn subscriptions(world: &World) -> (usize, usize) {
    let subscribed =
        world.pair.connection().map(|connection| world.pair.deployment.subscriptions(connection));
    let mounted = world.components.iter().map(|component| component.query);
    let mounted = mounted.flat_map(|query| query.kind.functions().iter().map(move |path| (path, query)));
    let one_shots = world.requests.iter().filter(|request| world.pair.outcome(request.id).is_none());
    let one_shots = one_shots.filter_map(|request| request.query);
    let one_shots = one_shots.map(|query| (&query.kind.functions()[0], query));
    let running = mounted.chain(one_shots).filter(|(_, query)| runs(world, query.auth));
    let running: BTreeSet<_> = running.map(|(path, query)| (path, query.args().to_string())).collect();
    let lists = world.lists.iter().filter(|component| runs(world, component.auth));
    let all: BTreeSet<_> = lists.clone().map(|component| component.all).collect();
    let pages: usize = lists.map(|component| world.list_result(component.list).0.pages.len()).sum();
    (subscribed.unwrap_or_default(), running.len() + all.len() + pages)
}

/// Whether queries with this policy run under the current identity.
fn runs(world: &World, auth: AuthPolicy) -> bool {
    world.epochs.identity() == WantedIdentity::User || auth != AuthPolicy::Required
}

/// The epoch of the identity that the server holds for the connection.
fn server_epoch(world: &World) -> Option<u64> {
    let identity = world.pair.deployment.identity(world.pair.connection()?)?;
    identity.claims.get("epoch")?.as_u64()
}

fn staleness(world: &World, component: &Component) -> Option<String> {
    // The update of a mutation that is held back until auth settles may clear it.
    if world.is_cleared_by_update(component.query) {
        return None;
    }
    let runs = runs(world, component.query.auth);
    let mut notes = world.note_ids();
    notes.sort_by(f64::total_cmp);
    for query in &component.handles {
        let result = world.pair.result(*query).and_then(Result::ok);
        let (Some(result), true) = (&result, runs) else {
            if result.is_some() || runs {
                return Some(format!("the result of {:?} is {result:?}", component.query));
            }
            continue;
        };
        let is_current = !is_seed(result)
            && match component.query.kind {
                QueryKind::Me => result["epoch"].as_f64() == server_epoch(world).map(|epoch| epoch as f64),
                QueryKind::Notes => written_ids(result) == notes,
                QueryKind::Halves => result["count"].as_f64() == Some(notes.len() as f64),
                QueryKind::Public => result.as_f64() == Some(notes.len() as f64),
            };
        if !is_current {
            return Some(format!(
                "the result of {:?} is {result}, but the notes are {notes:?}",
                component.query
            ));
        }
    }
    None
}

/// A list that runs has loaded its pages, and one that does not run shows nothing.
fn list_staleness(world: &World, component: &ListComponent) -> Option<String> {
    let (result, cards) = world.list_result(component.list);
    let is_current = !world.is_list_seeded(component.all)
        && match result.status {
            PaginationStatus::CanLoadMore | PaginationStatus::Exhausted => runs(world, component.auth),
            PaginationStatus::LoadingFirstPage => !runs(world, component.auth),
            PaginationStatus::LoadingMore | PaginationStatus::Error(_) => false,
        };
    (!is_current).then(|| format!("a {:?} list shows {cards:?} ({:?})", component.auth, result.status))
}

/// The ids in a result, without those of optimistic updates: mutations may still be held back until
/// auth settles.
fn written_ids(notes: &Json) -> Vec<f64> {
    let mut ids: Vec<f64> = notes["ids"].as_array().into_iter().flatten().filter_map(Json::as_f64).collect();
    ids.sort_by(f64::total_cmp);
    ids.retain(|id| *id >= 0.0);
    ids
}

fn violated<T>(rule: &'static str, how: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { rule, how: how.into() })
}
