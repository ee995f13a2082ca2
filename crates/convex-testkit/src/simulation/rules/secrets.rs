//! No output contains a token or a part of one (rule 13).

use std::fmt::Write as _;

use super::Violation;
use crate::{pair::PairEvent, simulation::world::World};

/// Checks what the client reports when its auth state changes.
pub(super) fn check_event(world: &World, event: &PairEvent) -> Result<(), Violation> {
    let PairEvent::Auth(auth, problem) = event else { return Ok(()) };
    let mut text = format!("{auth:?} {problem:?} {:?}", world.connection());
    if let convex_sync::AuthState::Unauthenticated { reason } = auth {
        write!(text, " {reason}").expect("writing to a String succeeds");
    }
    if let Some(problem) = problem {
        write!(text, " {problem}").expect("writing to a String succeeds");
    }
    check_text(world, &text)
}

/// Checks everything that can be printed of the client.
pub(in crate::simulation) fn check_all(world: &World) -> Result<(), Violation> {
    let mut text = format!("{:?}", world.pair.client);
    for (_, outcome) in world.pair.outcomes() {
        if let Err(error) = outcome {
            write!(text, " {error} {error:?}").expect("writing to a String succeeds");
        }
    }
    check_text(world, &text)
}

fn check_text(world: &World, text: &str) -> Result<(), Violation> {
    for minted in world.token_provider.tokens() {
        let payload = minted.token.split('.').nth(1).unwrap_or(&minted.token);
        if text.contains(payload) {
            return Violation::of("tokens stay secret", text);
        }
    }
    Ok(())
}
