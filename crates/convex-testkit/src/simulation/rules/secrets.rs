//! No token, nor a part of one, in anything that is told (rule 13).

use std::fmt::Write as _;

use super::Violation;
use crate::{pair::PairEvent, simulation::world::World};

/// Looks at what the client tells of itself when its state changes.
pub(super) fn kept(world: &World, happening: &PairEvent) -> Result<(), Violation> {
    let PairEvent::Auth(auth, problem) = happening else { return Ok(()) };
    let mut told = format!("{auth:?} {problem:?} {:?}", world.connection());
    if let convex_sync::AuthState::Unauthenticated { reason } = auth {
        write!(told, " {reason}").expect("a String takes everything");
    }
    if let Some(problem) = problem {
        write!(told, " {problem}").expect("a String takes everything");
    }
    none_in(world, &told)
}

/// Looks at all that can be printed of the client.
pub(in crate::simulation) fn kept_by_all(world: &World) -> Result<(), Violation> {
    let mut told = format!("{:?}", world.pair.client);
    for (_, outcome) in world.pair.outcomes() {
        if let Err(error) = outcome {
            write!(told, " {error} {error:?}").expect("a String takes everything");
        }
    }
    none_in(world, &told)
}

fn none_in(world: &World, told: &str) -> Result<(), Violation> {
    for minted in world.provider.tokens() {
        let payload = minted.token.split('.').nth(1).unwrap_or(&minted.token);
        if told.contains(payload) {
            return Violation::of("tokens stay secret", told);
        }
    }
    Ok(())
}
