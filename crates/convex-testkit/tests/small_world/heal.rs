//! Liveness: once all faults have ended, client and server agree within a bounded time (auth
//! contract, rules 10, 11 and 14).

use super::{
    app::Wanted,
    choice::{Choice, Reply},
    link::Link,
    page::is_seed,
    world::{Violation, World, open_connection},
};
use convex_sync::{AuthPolicy, AuthState, ConnectionState};
use serde_json::Value as Json;
use std::time::Duration;

/// The longest sequence of deadlines: a silent socket, a fetch without a reply, and the backoff in
/// between.
const BOUND: Duration = Duration::from_secs(150);

/// The longest pause before an attempt to resume a rejected session (rule 5), and [`BOUND`].
const RESUMED_WITHIN: Duration = Duration::from_secs(600 + 150);

/// Lets the world heal: from now on all frames arrive and the provider replies to every new fetch
/// with a valid token, but frames that were lost stay lost. Fails if client and server do not agree
/// in time, or if a rule breaks.
pub fn heal(world: &mut World) -> Result<(), Violation> {
    world.note(|_| "— no more faults —".to_owned());
    let bound = if world.app.rejected { RESUMED_WITHIN } else { BOUND };
    let end = world.now + bound;
    if world.app.wanted == Wanted::Unknown {
        world.perform(Choice::ProviderSignsOut)?;
    }
    while let Err(difference) = agreement(world) {
        if world.now > end {
            return Err(format!("the world does not heal within {bound:?}: {difference}"));
        }
        let choice = next(world, Reply::Valid).ok_or(format!("no event is left, but {difference}"))?;
        world.perform(choice)?;
    }
    Ok(())
}

/// The next event without faults, if the provider gives this reply.
pub fn next(world: &World, reply: Reply) -> Option<Choice> {
    let links = (0..).zip(&world.links).filter(|(_, link)| !link.half_open);
    let by_network = links.into_iter().find_map(|(index, link)| of_link(index, link));
    let mut fetches = (0..).zip(&world.provider.fetches);
    let by_provider = fetches.find(|(_, fetch)| !fetch.dropped && !fetch.hangs);
    by_network
        .or(by_provider.map(|(fetch, _)| Choice::ProviderReplies { fetch, reply }))
        .or(world.next_due().map(|_| Choice::TimePasses))
}

fn of_link(index: u8, link: &Link) -> Option<Choice> {
    let frames = u8::try_from(link.to_server.len()).expect("few frames are in flight");
    if link.connection.is_none() {
        Some(Choice::Opens { link: index })
    } else if frames > 0 {
        Some(Choice::ToServer { link: index, frames })
    } else {
        (!link.to_client.is_empty()).then_some(Choice::ToClient { link: index })
    }
}

/// Checks that the wanted identity, the one held by the server, and the results agree. An error
/// says what differs.
fn agreement(world: &World) -> Result<(), String> {
    let app = &world.app;
    let expect = |holds: bool, difference: &str| if holds { Ok(()) } else { Err(difference.to_owned()) };
    expect(!app.rejected, "the server accepts tokens, but the session is not resumed")?;
    let connection = world.client.connection();
    expect(*connection == ConnectionState::Live, &format!("the connection is {connection:?}"))?;
    let user = app.user().map(|user| user.name());
    let held = open_connection(world).and_then(|connection| world.deployment.identity(connection));
    let held = held.map(|identity| identity.subject.as_str());
    expect(held == user, &format!("the server holds {held:?}, wanted is {user:?}"))?;
    let auth = world.client.auth();
    let is_settled = match user {
        Some(_) => *auth == AuthState::Authenticated { refreshing: false },
        None => matches!(auth, AuthState::Unauthenticated { .. }),
    };
    expect(is_settled, &format!("the auth state is {auth:?}, wanted is {user:?}"))?;
    let is_pending = app.mutation.as_ref().is_some_and(|mutation| mutation.outcome.is_none());
    expect(!is_pending, "the mutation is pending")?;
    let executed = app.mutation.as_ref().is_some_and(|mutation| mutation.executed);
    let expected = match (user, app.policy) {
        (None, AuthPolicy::Required) => None,
        (user, _) => Some((user.unwrap_or("anonymous").to_owned(), u8::from(executed))),
    };
    let shown = shown(world)?;
    expect(shown == expected, &format!("the result is {shown:?} instead of {expected:?}"))
}

fn shown(world: &World) -> Result<Option<(String, u8)>, String> {
    let Some(result) = world.client.result(world.app.query) else { return Ok(None) };
    let value = result.as_ref().map_err(|error| error.to_string())?;
    let shown: Json = serde_json::from_str(value.as_json()).map_err(|error| error.to_string())?;
    if is_seed(&shown) {
        return Err("the result is still that of the page".to_owned());
    }
    let user = shown["user"].as_str().unwrap_or("?").to_owned();
    Ok(Some((user, shown["notes"].as_f64().unwrap_or(-1.0) as u8)))
}
