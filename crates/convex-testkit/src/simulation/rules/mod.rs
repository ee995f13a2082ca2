//! The rules of the auth contract, as invariants: each is looked at after everything that happens.

mod identity;
pub(super) mod requests;
pub(super) mod secrets;
mod state;
mod wire;

use std::fmt;

use convex_sync::Time;

use super::world::World;
use crate::pair::Happening;

/// How much may happen at one moment; more than that is a client that runs in circles.
const MAX_AT_ONCE: usize = 500;

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one, in few words.
    pub rule: &'static str,
    /// How.
    pub how: String,
}

impl Violation {
    fn of<T>(rule: &'static str, how: impl Into<String>) -> Result<T, Self> {
        Err(Self { rule, how: how.into() })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.how)
    }
}

/// What the rules remember of a world.
#[derive(Default)]
pub(super) struct Rules {
    seen: usize,
    at_once: (Time, usize),
    wire: wire::Wire,
    identity: identity::Identities,
    state: state::States,
    requests: requests::Outcomes,
}

impl Rules {
    /// How often the client has dialled.
    pub(super) fn dials(&self) -> usize {
        self.wire.dials
    }

    /// Looks at all that is new.
    pub(super) fn look(&mut self, world: &mut World) -> Result<(), Violation> {
        self.circles(world)?;
        while let Some((_, happening)) = world.pair.story().get(self.seen).cloned() {
            self.seen += 1;
            self.happened(world, &happening)?;
        }
        self.identity.executed(world)?;
        self.requests.settled(world)?;
        if world.is_over() {
            return if world.fatal {
                Ok(())
            } else {
                Violation::of("no frame is malformed", "the server said so")
            };
        }
        identity::shown(world)?;
        requests::Outcomes::shown(world, self.wire.dials)?;
        state::has_an_exit(world)
    }

    fn happened(&mut self, world: &mut World, happening: &Happening) -> Result<(), Violation> {
        match happening {
            Happening::Dials => self.wire.dialled(),
            Happening::Leaves => self.wire.left(),
            Happening::Sent(frame) => self.wire.sent(world, frame)?,
            Happening::Received(frame) => self.wire.received(frame),
            Happening::Fetches { fetch, .. } => self.state.fetches(world, *fetch)?,
            Happening::DropsFetch(fetch) | Happening::Answers(fetch) => self.state.fetch_is_over(*fetch),
            Happening::Auth(auth, problem) => self.state.auth(world, &self.wire, auth, problem.as_ref())?,
            Happening::Late(_) | Happening::Connection(_) | Happening::Note(_) => {}
        }
        secrets::kept(world, happening)
    }

    fn circles(&mut self, world: &World) -> Result<(), Violation> {
        let now = world.pair.now();
        self.at_once = if self.at_once.0 == now { (now, self.at_once.1 + 1) } else { (now, 0) };
        if self.at_once.1 > MAX_AT_ONCE {
            return Violation::of("time goes on", format!("more than {MAX_AT_ONCE} things happen at {now}"));
        }
        Ok(())
    }
}
