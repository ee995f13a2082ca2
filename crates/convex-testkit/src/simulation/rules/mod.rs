//! The rules of the auth contract, as invariants: each is looked at after everything that happens.

mod identity;
mod pace;
mod pagination;
mod queries;
pub(super) mod requests;
pub(super) mod secrets;
mod state;
mod wire;

use std::fmt;

use convex_sync::Time;

use super::world::World;
use crate::pair::PairEvent;

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
    breaks: usize,
    at_once: (Time, usize),
    wire: wire::Wire,
    identity: identity::Identities,
    state: state::States,
    requests: requests::Outcomes,
    queries: queries::QuerySet,
    pages: pagination::Pages,
}

impl Rules {
    /// How often the client has dialled.
    pub(super) fn dials(&self) -> usize {
        self.wire.dials
    }

    /// Whether a token fetch is under way.
    pub(super) fn is_fetching(&self) -> bool {
        self.state.is_fetching()
    }

    /// When the client was last proven to be connected.
    pub(super) fn proven_at(&self) -> Option<Time> {
        self.wire.proven_at()
    }

    /// When the connection that the client has was opened.
    pub(super) fn opened_at(&self) -> Option<Time> {
        self.wire.opened_at
    }

    /// How often the network has broken a socket.
    pub(super) fn breaks(&self) -> usize {
        self.breaks
    }

    /// When the client last heard of the server, on the connection it has.
    pub(super) fn heard_at(&self) -> Option<Time> {
        self.wire.heard_at
    }

    /// Looks at all that is new.
    pub(super) fn look(&mut self, world: &mut World) -> Result<(), Violation> {
        self.circles(world)?;
        while let Some((time, happening)) = world.pair.events().get(self.seen).cloned() {
            self.seen += 1;
            self.happened(world, time, &happening)?;
        }
        self.queries.is_wanted(world)?;
        self.wire.obeyed(world)?;
        self.wire.is_whole(world)?;
        self.wire.answered_in_time(world)?;
        self.state.heeds_the_provider(world)?;
        self.identity.executed(world)?;
        self.requests.settled(world, self.breaks)?;
        if world.is_over() {
            return if world.fatal {
                Ok(())
            } else {
                Violation::of("no frame is malformed", "the server said so")
            };
        }
        self.identity.numbered(world)?;
        self.identity.shown(world, self.wire.is_answered())?;
        queries::cleared(world)?;
        requests::Outcomes::shown(world, &self.wire)?;
        self.pages.shown(world, self.wire.dials)?;
        state::has_an_exit(world)
    }

    fn happened(&mut self, world: &mut World, time: Time, happening: &PairEvent) -> Result<(), Violation> {
        match happening {
            PairEvent::Dialed => self.wire.dialled(world)?,
            PairEvent::SocketLeft => {
                self.wire.left();
                self.queries.left();
            }
            PairEvent::Sent(frame) => {
                self.wire.sent(world, time, frame)?;
                self.queries.sent(frame);
                self.pages.sent(world, frame)?;
            }
            PairEvent::Received(frame) => {
                self.wire.received(world, time, frame);
                self.pages.received(frame);
                self.state.count_rejections(world, &self.wire);
                if self.wire.rejects_last(frame) {
                    self.state.refused(world, &self.wire)?;
                }
            }
            PairEvent::FetchStarted { fetch, .. } => self.state.fetches(world, *fetch)?,
            PairEvent::FetchDropped(fetch) => self.state.fetch_is_over(*fetch),
            PairEvent::FetchAnswered(fetch) => {
                self.state.answers(world, &self.wire, *fetch);
                self.state.count_rejections(world, &self.wire);
            }
            PairEvent::Auth(auth, problem) => self.state.auth(world, &self.wire, auth, problem.as_ref())?,
            PairEvent::Connection(connection) => self.wire.connection(connection),
            PairEvent::Identity(identity) => self.identity.told(*identity),
            PairEvent::Note(note) => self.breaks += usize::from(note.starts_with("the network breaks")),
            PairEvent::ReceivedLate(_) => {}
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
