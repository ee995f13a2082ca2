//! Checks every cell of the tables in `transitions.md` against the machine.

mod events;
mod rig;

use super::{
    Auth, AuthEvent, AuthPolicy, AuthState, IdentityChange, PageIdentity, Session, UnauthenticatedReason,
};
use crate::{Event, timer::Timer};
use events::{EVENTS, Trigger};
use rig::{KINDS, Rig, name};
use std::collections::BTreeSet;

const TABLES: &str = include_str!("../transitions.md");

const STATES: [&str; 12] = [
    "Anonymous",
    "Rejected",
    "Presented",
    "AwaitingSession",
    "AwaitingToken",
    "Unconfirmed",
    "Confirmed",
    "Refreshing",
    "RefreshUnconfirmed",
    "Presumed",
    "PresumedUnconfirmed",
    "Stopped",
];

/// The content of a cell: the next state and the effects.
fn cell(state: &str, trigger: Trigger) -> String {
    let mut rig = Rig::in_state(state);
    rig.events.clear();
    let (identity, had_lost_patience) = (rig.auth.state.identity(), has_lost_patience(&rig.auth));
    let retry_before = rig.timers.deadline(Timer::FetchRetry);
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
        other => panic!("the machine does not emit {other:?}"),
    }));
    if rig.events.iter().all(|event| !matches!(event, Event::FetchToken { .. }))
        && rig.timers.deadline(Timer::FetchRetry).is_some_and(|deadline| retry_before != Some(deadline))
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

/// Asserts that exactly the timers of the state are armed.
#[track_caller]
fn assert_armed(rig: &Rig) {
    let armed = |timer| rig.timers.deadline(timer).is_some();
    let state = &rig.auth.state;
    let (in_use, fetches) = (state.credential().is_some(), state.fetch().is_some());
    let ends = state.credential().is_some_and(|credential| !credential.disputes_clock());
    assert_eq!(armed(Timer::FetchTimeout) || armed(Timer::FetchRetry), fetches, "{state:?}");
    assert!(!(armed(Timer::FetchTimeout) && armed(Timer::FetchRetry)), "only one of the two: {state:?}");
    assert_eq!(armed(Timer::Expiry), ends, "{state:?}");
    // A token that is used although it seems to have expired has no useful `exp`: only the server
    // knows when to replace it.
    assert_eq!(armed(Timer::Refresh), in_use && !fetches && ends && state.user().is_some(), "{state:?}");
    let waits = state.pending().is_some_and(|pending| !pending.patience_ended);
    assert_eq!(armed(Timer::Patience), waits, "{state:?}");
}

/// The row of a state in the first table.
fn facts(state: &str) -> [String; 4] {
    let rig = Rig::in_state(state);
    assert_armed(&rig);
    let app_sees = match rig.auth.app_state() {
        AuthState::Loading { waiting_for, .. } => format!("`Loading`, waiting for the `{waiting_for:?}`"),
        AuthState::Authenticated { refreshing: true } => "`Authenticated`, refreshing".to_owned(),
        AuthState::Authenticated { refreshing: false } => "`Authenticated`".to_owned(),
        AuthState::Unauthenticated { .. } => "`Unauthenticated`".to_owned(),
    };
    let may_be_sent = AuthPolicy::ALL.into_iter().filter(|policy| rig.auth.may_request(*policy));
    let timers = [Timer::FetchTimeout, Timer::FetchRetry, Timer::Refresh, Timer::Expiry, Timer::Patience];
    let armed = timers.into_iter().filter(|timer| rig.timers.deadline(*timer).is_some());
    [state.to_owned(), app_sees, names(may_be_sent), names(armed)]
}

fn names(these: impl Iterator<Item = impl std::fmt::Debug>) -> String {
    let names: Vec<_> = these.map(|this| format!("`{this:?}`")).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

fn row<'a>(cells: impl IntoIterator<Item = &'a String>) -> String {
    cells.into_iter().fold("|".to_owned(), |row, cell| format!("{row} {cell} |"))
}

/// A table in the format of `transitions.md`.
fn table(head: &[&str], rows: Vec<Vec<String>>) -> Vec<String> {
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = vec!["---".to_owned(); head.len()];
    [head, rule].iter().chain(&rows).map(row).collect()
}

/// The expected tables, from the machine's behavior.
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
fn tables_in_the_docs_match_the_machine() {
    let documented: Vec<_> = TABLES.lines().filter(|line| line.starts_with('|')).collect();
    let actual = tables();
    for (documented, actual) in documented.iter().zip(&actual) {
        assert_eq!(documented, actual, "the expected tables are\n{}", tables().join("\n"));
    }
    assert_eq!(documented.len(), actual.len(), "the expected tables are\n{}", actual.join("\n"));
}

#[test]
fn every_event_has_a_row() {
    let mut covered = BTreeSet::new();
    for (_, trigger) in EVENTS {
        for state in STATES {
            let mut rig = Rig::in_state(state);
            rig.handled.clear();
            trigger(&mut rig);
            covered.append(&mut rig.handled);
        }
    }
    assert_eq!(covered, BTreeSet::from(KINDS));
}

#[test]
fn a_new_client_takes_the_identity_of_the_page() {
    let mut rig = Rig::new();
    let page = rig.page_of_alice();
    rig.handle(AuthEvent::Presume(page));
    assert_eq!((name(&rig.auth.state), rig.change), ("Presumed", IdentityChange::AnonymousReplaced));
    assert!(rig.auth.is_identity(page) && !rig.auth.is_identity(PageIdentity::Anonymous));

    let mut rig = Rig::new();
    rig.handle(AuthEvent::Presume(PageIdentity::Anonymous));
    let reason = UnauthenticatedReason::SignedOut;
    assert_eq!(rig.auth.app_state(), AuthState::Unauthenticated { reason });
    assert!(rig.auth.is_identity(PageIdentity::Anonymous) && !rig.auth.is_identity(page));
}

#[test]
fn a_client_that_had_a_provider_ignores_the_identity_of_the_page() {
    let mut rig = Rig::new();
    rig.handle(AuthEvent::SessionReported(Some(Session::Loading)));
    rig.handle(AuthEvent::SessionReported(None));
    let page = rig.page_of_alice();
    rig.handle(AuthEvent::Presume(page));
    let reason = UnauthenticatedReason::NoProvider;
    assert_eq!(rig.auth.app_state(), AuthState::Unauthenticated { reason });
}

#[test]
fn stopped_client_no_longer_changes_its_auth_state() {
    let stopped = |state| {
        let mut rig = Rig::in_state(state);
        rig.handle(AuthEvent::Stop("an error".into()));
        rig.auth.app_state()
    };
    for state in ["AwaitingSession", "AwaitingToken", "Unconfirmed"] {
        let reason = UnauthenticatedReason::ClientStopped { message: "an error".into() };
        assert_eq!(stopped(state), AuthState::Unauthenticated { reason }, "{state}");
    }
    for state in ["Confirmed", "Refreshing", "RefreshUnconfirmed", "Presumed", "PresumedUnconfirmed"] {
        assert_eq!(stopped(state), AuthState::Authenticated { refreshing: false }, "{state}");
    }
    for state in ["Anonymous", "Rejected", "Presented"] {
        assert_eq!(stopped(state), Rig::in_state(state).auth.app_state(), "{state}");
    }
}
