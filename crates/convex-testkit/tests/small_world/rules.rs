//! The safety rules of the auth contract, which must hold after every event.

use super::{
    app::{App, MutationOutcome, MutationState, Wanted},
    link::SentFrames,
    page::is_seed,
    provider::{TokenProvider, token_index},
    world::{LedgerEntry, Violation, World},
};
use convex_sync::{AuthPolicy, AuthState, Time, UnauthenticatedReason, WaitingFor};
use serde_json::Value as Json;
use std::time::Duration;

/// How long `Settled` queries wait until auth settles (docs/auth.md, rule 1).
const PATIENCE: Duration = Duration::from_secs(10);

/// How many rejections end a session (rule 5).
const REJECTIONS: u32 = 3;

// ---- each frame of the client ----

/// Checks and records a frame that the client is about to send (rules 1, 2, 4 and 8).
pub fn check_frame(world: &mut World, frame: &Json) -> Result<(), Violation> {
    let World { links, provider, app, now, .. } = world;
    let Some(link) = links.last_mut() else { return Err("a frame is sent without a socket".to_owned()) };
    let sent = &mut link.sent;
    let kind = frame["type"].as_str().unwrap_or("?");
    if sent.connect == (kind == "Connect") {
        return Err(format!("{kind} is out of order"));
    }
    match kind {
        "Connect" => sent.connect = true,
        "Authenticate" => {
            check_base(frame, sent.identities.len() as u64)?;
            let token =
                frame["value"].as_str().map(|token| provider.find(token).ok_or("an unknown token is sent"));
            let token = token.transpose()?;
            sent.identities.push(token);
            return token.map_or(Ok(()), |token| check_token(provider, app, *now, token));
        }
        "ModifyQuerySet" => {
            check_base(frame, sent.query_set)?;
            sent.query_set += 1;
            let mut modifications = frame["modifications"].as_array().into_iter().flatten();
            let adds = modifications.any(|modification| modification["type"] == "Add");
            let may_query = may_request(app, provider, sent)
                || may_query_after_patience(app, sent, *now)
                || may_query_beside_attempt(app, provider, sent);
            if adds && !may_query {
                return Err(format!(
                    "a query is sent after {:?}, wanted is {:?}",
                    sent.identities, app.wanted
                ));
            }
        }
        "Mutation" => {
            if !may_request(app, provider, sent) {
                return Err(format!(
                    "the mutation is sent after {:?}, wanted is {:?}",
                    sent.identities, app.wanted
                ));
            }
            let Some(mutation) = &mut app.mutation else {
                return Err("a mutation is sent that was not called".to_owned());
            };
            mutation.sent += 1;
        }
        _ => return Err(format!("unexpected frame {kind}")),
    }
    check_output(world, &frame.to_string())
}

fn check_base(frame: &Json, expected: u64) -> Result<(), Violation> {
    match frame["baseVersion"].as_u64() {
        Some(base) if base == expected => Ok(()),
        other => Err(format!("the base version is {other:?} instead of {expected}")),
    }
}

fn check_token(provider: &TokenProvider, app: &App, now: Time, token: usize) -> Result<(), Violation> {
    let issued = &provider.tokens[token];
    if app.token_user() != Some(issued.user) || issued.session != app.session {
        return Err(format!("token {token} of {} is sent, wanted is {:?}", issued.user, app.wanted));
    }
    if issued.known_rejected {
        return Err(format!("token {token} is resent after the server rejected it"));
    }
    if issued.accepted && issued.ends <= now {
        return Err(format!("token {token} is resent after it expired"));
    }
    Ok(())
}

/// Whether a request that is sent now runs as the wanted identity.
fn may_request(app: &App, provider: &TokenProvider, sent: &SentFrames) -> bool {
    match (app.wanted, sent.identity()) {
        (Wanted::Anonymous, None) => app.policy != AuthPolicy::Required,
        (Wanted::User(_), Some(token)) => provider.tokens[token].session == app.session,
        _ => false,
    }
}

fn may_query_after_patience(app: &App, sent: &SentFrames, now: Time) -> bool {
    let waits = app.wanted != Wanted::Anonymous && !app.confirmed;
    app.policy == AuthPolicy::Settled && sent.identity().is_none() && waits && now - app.since >= PATIENCE
}

/// While the token of a rejected session is presented, `Settled` queries are sent: their results
/// arrive with the confirmation at the earliest.
fn may_query_beside_attempt(app: &App, provider: &TokenProvider, sent: &SentFrames) -> bool {
    let is_presented = sent.identity().is_some_and(|token| provider.tokens[token].session == app.session);
    app.policy == AuthPolicy::Settled && app.rejected && is_presented
}

/// No output but `Authenticate` contains a token (rule 13).
pub fn check_output(world: &World, text: &str) -> Result<(), Violation> {
    match world.provider.secrets().any(|secret| text.contains(secret)) {
        true => Err(format!("a token appears in {text}")),
        false => Ok(()),
    }
}

// ---- the whole world, after every event ----

/// Checks the client's states, results and timers.
pub fn check(world: &mut World) -> Result<(), Violation> {
    note_token_in_use(world);
    check_auth(world)?;
    check_mutation(&world.app)?;
    let unsettled = world.app.mutation.as_ref().is_some_and(|mutation| mutation.outcome.is_none());
    if world.client.in_flight().count() != usize::from(unsettled) {
        return Err(format!("{} requests count as unsettled", world.client.in_flight().count()));
    }
    if world.client.poll_timeout().is_none() {
        return Err("the client has no timer, so this state may have no exit".to_owned());
    }
    check_result(world)
}

fn note_token_in_use(world: &mut World) {
    let claims = world.client.claims();
    let in_use = claims.and_then(|claims| token_index(claims.audience.as_deref()?));
    let last = world.ledger.iter().rev().find_map(|entry| match entry {
        LedgerEntry::InUse(token) => Some(*token),
        LedgerEntry::Arrived(_) => None,
    });
    if last.flatten() != in_use {
        world.ledger.push(LedgerEntry::InUse(in_use));
    }
}

/// The server has accepted a token of the rejected session, so its user is wanted from now on.
pub fn note_resumed(world: &mut World) {
    let World { client, app, provider, now, .. } = world;
    let is_confirmed = provider.tokens.iter().any(|issued| issued.session == app.session && issued.accepted);
    if app.rejected && is_confirmed && matches!(client.auth(), AuthState::Authenticated { .. }) {
        let attempted = app.session;
        app.resumed(*now);
        let attempts = provider.tokens.iter_mut().filter(|issued| issued.session == attempted);
        attempts.for_each(|issued| issued.session = app.session);
    }
}

/// The auth state follows from the wanted identity and the server's answers (docs/auth.md §2;
/// rules 5, 7 and 9).
fn check_auth(world: &mut World) -> Result<(), Violation> {
    let World { client, app, provider, now, .. } = world;
    let confirmed_by_server =
        provider.tokens.iter().any(|issued| issued.session == app.session && issued.accepted);
    match (app.wanted, client.auth()) {
        (Wanted::Unknown, AuthState::Loading { waiting_for: WaitingFor::Provider, .. })
        | (Wanted::Anonymous, AuthState::Unauthenticated { .. }) => {}
        (Wanted::User(_), AuthState::Loading { waiting_for, .. })
            if !app.confirmed && *waiting_for != WaitingFor::Provider => {}
        (Wanted::User(_), AuthState::Authenticated { .. }) if confirmed_by_server => {
            app.confirmed = true;
            app.presumed = false;
        }
        (Wanted::User(_), AuthState::Authenticated { refreshing }) if app.confirmed => {
            if *refreshing && app.presumed && !may_have_expired(app, provider, *now) {
                return Err("the user of the page is refreshing without a reason".to_owned());
            }
        }
        (Wanted::User(_), AuthState::Unauthenticated { reason: UnauthenticatedReason::Rejected { .. } })
            if app.rejections >= REJECTIONS =>
        {
            app.want(*now, Wanted::Anonymous);
            app.rejected = true;
        }
        (wanted, shown) => {
            return Err(format!(
                "the auth state is {shown:?}, wanted is {wanted:?}, confirmed: {}",
                app.confirmed
            ));
        }
    }
    Ok(())
}

/// Whether the client may take a token of this session for expired: its estimate of the server's
/// clock comes from a frame that was delayed by `now` at most.
fn may_have_expired(app: &App, provider: &TokenProvider, now: Time) -> bool {
    let latest = now + now.since_start();
    provider.tokens.iter().any(|issued| issued.session == app.session && issued.ends <= latest)
}

/// The mutation of one identity never waits for another (rule 8).
fn check_mutation(app: &App) -> Result<(), Violation> {
    let Some(MutationState { by, session, sent, outcome: None, .. }) = &app.mutation else { return Ok(()) };
    match by {
        Wanted::User(_) if *session != app.session => {
            Err("a mutation is pending after an identity change".to_owned())
        }
        Wanted::Anonymous if *session != app.session && app.wanted != Wanted::Anonymous && *sent == 0 => {
            Err("an unsent anonymous mutation waits for a user".to_owned())
        }
        _ => Ok(()),
    }
}

/// The result belongs to the wanted user, or is anonymous if the policy allows it. It stays while
/// the identity does not change, and that of the page does not return. The mutation is visible in
/// it exactly once (rules 7, 8, 14 and 15).
fn check_result(world: &mut World) -> Result<(), Violation> {
    let World { client, app, .. } = world;
    let Some(result) = client.result(app.query) else {
        return match app.shown_in == Some(app.session) {
            true => Err("the result is gone, and the identity has not changed".to_owned()),
            false => Ok(()),
        };
    };
    app.shown_in = Some(app.session);
    let value = result.as_ref().map_err(|error| format!("the query fails: {error}"))?;
    let shown: Json = serde_json::from_str(value.as_json()).map_err(|error| error.to_string())?;
    if is_seed(&shown) && app.is_live {
        return Err("the result of the page replaces a live one".to_owned());
    }
    app.is_live |= !is_seed(&shown);
    let user = shown["user"].as_str().unwrap_or("?");
    let is_of_wanted = app.user().is_some_and(|wanted| wanted.name() == user);
    if !is_of_wanted && (user != "anonymous" || app.policy == AuthPolicy::Required) {
        return Err(format!("a result of {user} is shown, wanted is {:?}", app.wanted));
    }
    let notes = shown["notes"].as_f64().unwrap_or(-1.0);
    let expected: &[f64] = match &app.mutation {
        None => &[0.0],
        // A new connection returns the mutation's write before the response to the resent mutation,
        // so the write may be visible beside the layer.
        Some(MutationState { outcome: None, executed: true, sent: 2.., .. }) => &[1.0, 2.0],
        Some(MutationState { outcome: None | Some(MutationOutcome::Done), .. }) => &[1.0],
        Some(MutationState { outcome: Some(MutationOutcome::NotExecuted), .. }) => &[0.0],
        Some(MutationState { outcome: Some(MutationOutcome::Unknown), .. }) => &[0.0, 1.0],
    };
    match expected.contains(&notes) {
        true => Ok(()),
        false => Err(format!("{notes} notes are shown, the mutation is {:?}", app.mutation)),
    }
}
