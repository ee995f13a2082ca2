//! Walks the tables of `transitions.md`, cell by cell: what they say is what the machine does.

mod events;
mod rig;

use super::{Auth, AuthEvent, AuthPolicy, AuthState, IdentityChange, UnauthenticatedReason};
use crate::{Event, timer::Timer};
use events::{EVENTS, Trigger};
use rig::{KINDS, Rig, name};
use std::collections::BTreeSet;

const TABLES: &str = include_str!("../transitions.md");

const STATES: [&str; 10] = [
    "Anonymous",
    "Rejected",
    "Presented",
    "AwaitingSession",
    "AwaitingToken",
    "Unconfirmed",
    "Confirmed",
    "Refreshing",
    "RefreshUnconfirmed",
    "Stopped",
];

/// What a cell must say: where the event leads, and what is done about it.
fn cell(state: &str, trigger: Trigger) -> String {
    let mut rig = Rig::in_state(state);
    rig.events.clear();
    let (identity, had_lost_patience) = (rig.auth.state.identity(), has_lost_patience(&rig.auth));
    let retry_later = rig.timers.deadline(Timer::FetchRetry);
    if trigger(&mut rig).is_none() {
        return "–".to_owned();
    }
    let after = name(&rig.auth.state);
    let stays = after == state && rig.auth.state.identity() == identity;
    let mut cell = vec![if stays { "·" } else { after }];
    cell.extend(rig.events.iter().map(|event| match event {
        Event::FetchToken { force: false, .. } => "f",
        Event::FetchToken { force: true, .. } => "F",
        Event::DropFetch { .. } => "d",
        other => panic!("no event of the machine's: {other:?}"),
    }));
    if rig.events.iter().all(|event| !matches!(event, Event::FetchToken { .. }))
        && rig.timers.deadline(Timer::FetchRetry).is_some_and(|deadline| retry_later != Some(deadline))
    {
        cell.push("p");
    }
    if has_lost_patience(&rig.auth) && !had_lost_patience {
        cell.push("a");
    }
    cell.extend(match rig.change {
        IdentityChange::None => None,
        IdentityChange::SettledAnonymous => Some("S"),
        IdentityChange::AnonymousReplaced => Some("N"),
        IdentityChange::UserReplaced => Some("U"),
    });
    assert_armed(&rig);
    cell.join(" ")
}

fn has_lost_patience(auth: &Auth) -> bool {
    auth.may_query(AuthPolicy::Settled) && !auth.may_request(AuthPolicy::Settled) && !auth.is_anonymous()
}

/// What a state waits for is armed, and nothing else is.
#[track_caller]
fn assert_armed(rig: &Rig) {
    let armed = |timer| rig.timers.deadline(timer).is_some();
    let state = &rig.auth.state;
    let (in_use, fetches) = (state.credential().is_some(), state.fetch().is_some());
    let ends = state.credential().is_some_and(|credential| !credential.disputes_clock());
    assert_eq!(armed(Timer::FetchTimeout) || armed(Timer::FetchRetry), fetches, "{state:?}");
    assert!(!(armed(Timer::FetchTimeout) && armed(Timer::FetchRetry)), "one at a time: {state:?}");
    assert_eq!(armed(Timer::Expiry), ends, "{state:?}");
    // A token that is used although it looks expired says itself that it has: only the server knows
    // when to replace it.
    assert_eq!(armed(Timer::Refresh), in_use && !fetches && ends && state.user().is_some(), "{state:?}");
    let waits = state.pending().is_some_and(|pending| !pending.patience_ended);
    assert_eq!(armed(Timer::Patience), waits, "{state:?}");
}

/// What holds in a state: what is shown, what may leave for the server, and what is waited for by
/// the clock.
fn facts(state: &str) -> [String; 4] {
    let rig = Rig::in_state(state);
    assert_armed(&rig);
    let shown = match rig.auth.app_state() {
        AuthState::Loading { waiting_for, .. } => format!("`Loading`, for the `{waiting_for:?}`"),
        AuthState::Authenticated { refreshing: true } => "`Authenticated`, refreshing".to_owned(),
        AuthState::Authenticated { refreshing: false } => "`Authenticated`".to_owned(),
        AuthState::Unauthenticated { .. } => "`Unauthenticated`".to_owned(),
    };
    let leaves = AuthPolicy::ALL.into_iter().filter(|policy| rig.auth.may_request(*policy));
    let timers = [Timer::FetchTimeout, Timer::FetchRetry, Timer::Refresh, Timer::Expiry, Timer::Patience];
    let armed = timers.into_iter().filter(|timer| rig.timers.deadline(*timer).is_some());
    [state.to_owned(), shown, names(leaves), names(armed)]
}

fn names(these: impl Iterator<Item = impl std::fmt::Debug>) -> String {
    let names: Vec<_> = these.map(|this| format!("`{this:?}`")).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

fn row<'a>(cells: impl IntoIterator<Item = &'a String>) -> String {
    cells.into_iter().fold("|".to_owned(), |row, cell| format!("{row} {cell} |"))
}

/// A table as `transitions.md` writes it.
fn table(head: &[&str], rows: Vec<Vec<String>>) -> Vec<String> {
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = vec!["---".to_owned(); head.len()];
    [head, rule].iter().chain(&rows).map(row).collect()
}

/// The tables as they must be, from what the machine does.
fn tables() -> Vec<String> {
    let states = STATES.map(|state| facts(state).to_vec()).to_vec();
    let mut tables = table(&["state", "app sees", "may be sent", "timers"], states);
    let transitions = EVENTS.map(|(event, trigger)| {
        let cells = STATES.map(|state| cell(state, trigger));
        [vec![event.to_owned()], cells.to_vec()].concat()
    });
    let head = [&["event"][..], &STATES[..]].concat();
    tables.extend(table(&head, transitions.to_vec()));
    tables
}

#[test]
fn the_tables_in_the_docs_say_what_the_machine_does() {
    let documented: Vec<_> = TABLES.lines().filter(|line| line.starts_with('|')).collect();
    let actual = tables();
    for (documented, actual) in documented.iter().zip(&actual) {
        assert_eq!(documented, actual, "all of it should be\n{}", tables().join("\n"));
    }
    assert_eq!(documented.len(), actual.len(), "all of it should be\n{}", actual.join("\n"));
}

#[test]
fn every_event_has_a_row() {
    let mut handled = BTreeSet::new();
    for (_, trigger) in EVENTS {
        for state in STATES {
            let mut rig = Rig::in_state(state);
            rig.handled.clear();
            trigger(&mut rig);
            handled.append(&mut rig.handled);
        }
    }
    assert_eq!(handled, BTreeSet::from(KINDS));
}

#[test]
fn who_was_still_awaited_when_the_client_stopped_never_comes() {
    let stopped = |state| {
        let mut rig = Rig::in_state(state);
        rig.handle(AuthEvent::Stop("an error".into()));
        rig.auth.app_state()
    };
    for state in ["AwaitingSession", "AwaitingToken", "Unconfirmed"] {
        let reason = UnauthenticatedReason::ClientStopped { message: "an error".into() };
        assert_eq!(stopped(state), AuthState::Unauthenticated { reason }, "{state}");
    }
    for state in ["Confirmed", "Refreshing", "RefreshUnconfirmed"] {
        assert_eq!(stopped(state), AuthState::Authenticated { refreshing: false }, "{state}");
    }
    for state in ["Anonymous", "Rejected", "Presented"] {
        assert_eq!(stopped(state), Rig::in_state(state).auth.app_state(), "{state}");
    }
}
