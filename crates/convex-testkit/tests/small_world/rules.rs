//! What must hold at every moment: the safety rules of the auth contract.

use super::{
    app::{App, Mutation, Outcome, Wanted},
    link::Said,
    provider::Provider,
    world::{Entry, Violation, World, token_index},
};
use convex_sync::{AuthPolicy, AuthState, Time, UnauthenticatedReason, WaitingFor};
use serde_json::Value as Json;
use std::time::Duration;

/// How long `Settled` queries wait for authentication (auth contract, rule 1).
const PATIENCE: Duration = Duration::from_secs(10);

/// How many rejections end a session (rule 5).
const REJECTIONS: u32 = 3;

// ---- each frame that leaves ----

/// Checks a frame the client is about to send, and takes note of it (rules 1, 2, 4, 8).
pub fn check_frame(world: &mut World, frame: &Json) -> Result<(), Violation> {
    let World { links, provider, app, now, .. } = world;
    let Some(link) = links.last_mut() else { return Err("a frame is sent where no socket is".to_owned()) };
    let said = &mut link.said;
    let kind = frame["type"].as_str().unwrap_or("?");
    if said.connect == (kind == "Connect") {
        return Err(format!("{kind} is out of order"));
    }
    match kind {
        "Connect" => said.connect = true,
        "Authenticate" => {
            check_base(frame, said.identities.len() as u64)?;
            let token =
                frame["value"].as_str().map(|token| provider.find(token).ok_or("an unknown token is sent"));
            let token = token.transpose()?;
            said.identities.push(token);
            return token.map_or(Ok(()), |token| check_token(provider, app, *now, token));
        }
        "ModifyQuerySet" => {
            check_base(frame, said.query_set)?;
            said.query_set += 1;
            let mut modifications = frame["modifications"].as_array().into_iter().flatten();
            let adds = modifications.any(|modification| modification["type"] == "Add");
            let may_query = may_request(app, provider, said)
                || may_query_impatiently(app, said, *now)
                || may_query_beside_attempt(app, provider, said);
            if adds && !may_query {
                return Err(format!(
                    "a query leaves behind {:?}, wanted is {:?}",
                    said.identities, app.wanted
                ));
            }
        }
        "Mutation" => {
            if !may_request(app, provider, said) {
                return Err(format!(
                    "the mutation leaves behind {:?}, wanted is {:?}",
                    said.identities, app.wanted
                ));
            }
            let Some(mutation) = &mut app.mutation else { return Err("a mutation nobody called".to_owned()) };
            mutation.sent += 1;
        }
        _ => return Err(format!("an unexpected {kind}")),
    }
    check_output(world, &frame.to_string())
}

fn check_base(frame: &Json, expected: u64) -> Result<(), Violation> {
    match frame["baseVersion"].as_u64() {
        Some(base) if base == expected => Ok(()),
        other => Err(format!("a base version of {other:?} in place of {expected}")),
    }
}

fn check_token(provider: &Provider, app: &App, now: Time, token: usize) -> Result<(), Violation> {
    let issued = &provider.tokens[token];
    if app.token_person() != Some(issued.person) || issued.session != app.session {
        return Err(format!("token {token} of {} is sent, wanted is {:?}", issued.person, app.wanted));
    }
    if issued.known_refused {
        return Err(format!("token {token} is sent again, which the server has rejected"));
    }
    if issued.accepted && issued.ends <= now {
        return Err(format!("token {token} is sent again, which has run out"));
    }
    Ok(())
}

/// Whether what is sent now runs as who is wanted.
fn may_request(app: &App, provider: &Provider, said: &Said) -> bool {
    match (app.wanted, said.identity()) {
        (Wanted::Nobody, None) => app.policy != AuthPolicy::Required,
        (Wanted::Person(_), Some(token)) => provider.tokens[token].session == app.session,
        _ => false,
    }
}

fn may_query_impatiently(app: &App, said: &Said, now: Time) -> bool {
    let waits = app.wanted != Wanted::Nobody && !app.confirmed;
    app.policy == AuthPolicy::Settled && said.identity().is_none() && waits && now - app.since >= PATIENCE
}

/// While the token of a rejected session is presented, `Settled` queries are sent: their results
/// arrive with the confirmation at the earliest.
fn may_query_beside_attempt(app: &App, provider: &Provider, said: &Said) -> bool {
    let is_presented = said.identity().is_some_and(|token| provider.tokens[token].session == app.session);
    app.policy == AuthPolicy::Settled && app.given_up && is_presented
}

/// No token shows in anything that comes out but an `Authenticate` (rule 13).
pub fn check_output(world: &World, text: &str) -> Result<(), Violation> {
    match world.provider.secrets().any(|secret| text.contains(secret)) {
        true => Err(format!("a token shows in {text}")),
        false => Ok(()),
    }
}

// ---- the whole, after every step ----

/// Checks what the client shows and waits for.
pub fn check(world: &mut World) -> Result<(), Violation> {
    note_token_in_use(world);
    check_auth(world)?;
    check_mutation(&world.app)?;
    let unsettled = world.app.mutation.as_ref().is_some_and(|mutation| mutation.outcome.is_none());
    if world.client.in_flight().count() != usize::from(unsettled) {
        return Err(format!("{} requests count as unsettled", world.client.in_flight().count()));
    }
    if world.client.poll_timeout().is_none() {
        return Err("nothing is waited for by the clock: there may be no way out of this".to_owned());
    }
    check_result(world)
}

fn note_token_in_use(world: &mut World) {
    let claims = world.client.claims();
    let in_use = claims.and_then(|claims| token_index(claims.audience.as_deref()?));
    let last = world.ledger.iter().rev().find_map(|entry| match entry {
        Entry::InUse(token) => Some(*token),
        Entry::Arrived(_) => None,
    });
    if last.flatten() != in_use {
        world.ledger.push(Entry::InUse(in_use));
    }
}

/// The server has accepted a token of the session that it had rejected: its user is wanted from now
/// on.
pub fn note_resumed(world: &mut World) {
    let World { client, app, provider, now, .. } = world;
    let is_confirmed = provider.tokens.iter().any(|issued| issued.session == app.session && issued.accepted);
    if app.given_up && is_confirmed && matches!(client.auth(), AuthState::Authenticated { .. }) {
        let attempted = app.session;
        app.resumed(*now);
        let theirs = provider.tokens.iter_mut().filter(|issued| issued.session == attempted);
        theirs.for_each(|issued| issued.session = app.session);
    }
}

/// What is shown of authentication follows from what is wanted and what the server has said
/// (contract §2; rules 5, 7, 9).
fn check_auth(world: &mut World) -> Result<(), Violation> {
    let World { client, app, provider, now, .. } = world;
    let confirmed_by_server =
        provider.tokens.iter().any(|issued| issued.session == app.session && issued.accepted);
    match (app.wanted, client.auth()) {
        (Wanted::Unknown, AuthState::Loading { waiting_for: WaitingFor::Provider, .. })
        | (Wanted::Nobody, AuthState::Unauthenticated { .. }) => {}
        (Wanted::Person(_), AuthState::Loading { waiting_for, .. })
            if !app.confirmed && *waiting_for != WaitingFor::Provider => {}
        (Wanted::Person(_), AuthState::Authenticated { .. }) if confirmed_by_server => app.confirmed = true,
        (
            Wanted::Person(_),
            AuthState::Unauthenticated { reason: UnauthenticatedReason::Rejected { .. } },
        ) if app.rejections >= REJECTIONS => {
            app.want(*now, Wanted::Nobody);
            app.given_up = true;
        }
        (wanted, shown) => {
            return Err(format!("{shown:?} is shown, wanted is {wanted:?}, confirmed: {}", app.confirmed));
        }
    }
    Ok(())
}

/// What one called is never left to another (rule 8).
fn check_mutation(app: &App) -> Result<(), Violation> {
    let Some(Mutation { by, session, sent, outcome: None, .. }) = &app.mutation else { return Ok(()) };
    match by {
        Wanted::Person(_) if *session != app.session => {
            Err("the mutation of somebody who has gone is not settled".to_owned())
        }
        Wanted::Nobody if *session != app.session && app.wanted != Wanted::Nobody && *sent == 0 => {
            Err("a mutation that nobody called waits for somebody".to_owned())
        }
        _ => Ok(()),
    }
}

/// What the query shows is of who is wanted, or of nobody where that cannot hurt; the mutation
/// shows in it exactly once (rules 8, 14).
fn check_result(world: &World) -> Result<(), Violation> {
    let app = &world.app;
    let Some(result) = world.client.result(app.query) else { return Ok(()) };
    let value = result.as_ref().map_err(|error| format!("the query fails: {error}"))?;
    let shown: Json = serde_json::from_str(value.as_json()).map_err(|error| error.to_string())?;
    let who = shown["who"].as_str().unwrap_or("?");
    let is_of_wanted = app.person().is_some_and(|person| person.name() == who);
    if !is_of_wanted && (who != "nobody" || app.policy == AuthPolicy::Required) {
        return Err(format!("what {who} may see is shown, wanted is {:?}", app.wanted));
    }
    let notes = shown["notes"].as_f64().unwrap_or(-1.0);
    let expected: &[f64] = match &app.mutation {
        None => &[0.0],
        // A new connection shows what was written before it, before it can tell that this was the
        // mutation.
        Some(Mutation { outcome: None, executed: true, sent: 2.., .. }) => &[1.0, 2.0],
        Some(Mutation { outcome: None | Some(Outcome::Done), .. }) => &[1.0],
        Some(Mutation { outcome: Some(Outcome::NotExecuted), .. }) => &[0.0],
        Some(Mutation { outcome: Some(Outcome::Unknown), .. }) => &[0.0, 1.0],
    };
    match expected.contains(&notes) {
        true => Ok(()),
        false => Err(format!("{notes} notes are shown, the mutation is {:?}", app.mutation)),
    }
}
