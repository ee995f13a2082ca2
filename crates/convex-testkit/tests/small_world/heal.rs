//! What must come about once nothing goes wrong any more: liveness, with a bound on the time it may
//! take (auth contract, rules 10, 11, 14).

use super::{
    app::Wanted,
    choice::{Answer, Choice},
    link::Link,
    world::{Violation, World, open_connection},
};
use convex_sync::{AuthPolicy, AuthState, ConnectionState};
use serde_json::Value as Json;
use std::time::Duration;

/// As long as the longest row of deadlines: a silent socket, a fetch without an answer, and the
/// waits in between.
const BOUND: Duration = Duration::from_secs(150);

/// How long the next attempt to resume a rejected session may wait (rule 5), and the time above.
const RESUMED_WITHIN: Duration = Duration::from_secs(600 + 150);

/// Lets the world heal: from now on everything is carried and the provider answers every new fetch
/// with a good token, but what was lost stays lost. `Err`: client and server do not come to agree,
/// or a rule breaks on the way.
pub fn heal(world: &mut World) -> Result<(), Violation> {
    world.note(|_| "— from here on nothing goes wrong any more —".to_owned());
    let bound = if world.app.given_up { RESUMED_WITHIN } else { BOUND };
    let end = world.now + bound;
    if world.app.wanted == Wanted::Unknown {
        world.happen(Choice::ProviderSignsOut)?;
    }
    while let Err(difference) = agreement(world) {
        if world.now > end {
            return Err(format!("it does not heal within {bound:?}: {difference}"));
        }
        let choice =
            next(world, Answer::Good).ok_or(format!("nothing will happen any more: {difference}"))?;
        world.happen(choice)?;
    }
    Ok(())
}

/// What happens next if nothing goes wrong and the provider answers like this.
pub fn next(world: &World, answer: Answer) -> Option<Choice> {
    let links = (0..).zip(&world.links).filter(|(_, link)| !link.half_open);
    let by_network = links.into_iter().find_map(|(place, link)| of_link(place, link));
    let mut fetches = (0..).zip(&world.provider.fetches);
    let by_provider = fetches.find(|(_, fetch)| !fetch.dropped && !fetch.hangs);
    by_network
        .or(by_provider.map(|(fetch, _)| Choice::Answer { fetch, answer }))
        .or(world.next_due().map(|_| Choice::TimePasses))
}

fn of_link(place: u8, link: &Link) -> Option<Choice> {
    let frames = u8::try_from(link.to_server.len()).expect("few frames are under way");
    if link.connection.is_none() {
        Some(Choice::Opens { link: place })
    } else if frames > 0 {
        Some(Choice::ToServer { link: place, frames })
    } else {
        (!link.to_client.is_empty()).then_some(Choice::ToClient { link: place })
    }
}

/// Whether what is wanted, what the server holds and what is shown agree; `Err` says what does not.
fn agreement(world: &World) -> Result<(), String> {
    let app = &world.app;
    let expect = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    expect(!app.given_up, "the server accepts tokens, and the session is not resumed")?;
    let connection = world.client.connection();
    expect(*connection == ConnectionState::Live, &format!("the connection is {connection:?}"))?;
    let person = app.person().map(|person| person.name());
    let held = open_connection(world).and_then(|connection| world.deployment.identity(connection));
    let held = held.map(|identity| identity.subject.as_str());
    expect(held == person, &format!("the server holds {held:?}, wanted is {person:?}"))?;
    let auth = world.client.auth();
    let is_settled = match person {
        Some(_) => *auth == AuthState::Authenticated { refreshing: false },
        None => matches!(auth, AuthState::Unauthenticated { .. }),
    };
    expect(is_settled, &format!("{auth:?} is shown, wanted is {person:?}"))?;
    let is_pending = app.mutation.as_ref().is_some_and(|mutation| mutation.outcome.is_none());
    expect(!is_pending, "the mutation is not settled")?;
    let executed = app.mutation.as_ref().is_some_and(|mutation| mutation.executed);
    let expected = match (person, app.policy) {
        (None, AuthPolicy::Required) => None,
        (person, _) => Some((person.unwrap_or("nobody").to_owned(), u8::from(executed))),
    };
    let shown = shown(world)?;
    expect(shown == expected, &format!("{shown:?} is shown in place of {expected:?}"))
}

fn shown(world: &World) -> Result<Option<(String, u8)>, String> {
    let Some(result) = world.client.result(world.app.query) else { return Ok(None) };
    let value = result.as_ref().map_err(|error| error.to_string())?;
    let shown: Json = serde_json::from_str(value.as_json()).map_err(|error| error.to_string())?;
    let who = shown["who"].as_str().unwrap_or("?").to_owned();
    Ok(Some((who, shown["notes"].as_f64().unwrap_or(-1.0) as u8)))
}
