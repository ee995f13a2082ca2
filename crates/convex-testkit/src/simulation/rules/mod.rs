//! The rules of the auth contract as invariants, checked after every event.

mod identity;
mod page;
mod pagination;
mod queries;
mod repeat_limit;
pub(super) mod requests;
pub(super) mod secrets;
mod state;
mod wire;

use std::fmt;

use convex_sync::Time;

use super::world::World;
use crate::pair::PairEvent;

/// How many events may share one moment. More of them are an endless loop.
const MAX_AT_ONCE: usize = 500;

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule, in a few words.
    pub rule: &'static str,
    /// How it was broken.
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

/// The rules, and their record of a world's events.
#[derive(Default)]
pub(super) struct Rules {
    /// How many events have been read.
    read: usize,
    /// How many sockets the network has broken.
    breaks: usize,
    /// A moment, and how many checks it has seen.
    at_once: (Time, usize),
    wire: wire::WireRules,
    identity: identity::IdentityRules,
    state: state::StateRules,
    requests: requests::RequestRules,
    queries: queries::QueryRules,
    lists: pagination::ListRules,
    page: page::PageRules,
}

impl Rules {
    /// Whether a token fetch is in flight.
    pub(super) fn is_fetching(&self) -> bool {
        self.state.is_fetching()
    }

    /// When the connection was last proven to be alive.
    pub(super) fn proven_at(&self) -> Option<Time> {
        self.wire.proven_at()
    }

    /// When the current connection was opened.
    pub(super) fn opened_at(&self) -> Option<Time> {
        self.wire.opened_at
    }

    /// When the last frame was received on the current connection.
    pub(super) fn last_received_at(&self) -> Option<Time> {
        self.wire.last_received_at
    }

    /// Reads the new events, and checks every rule. Events that change the client's session on its
    /// own (rejected, resumed, signed out by the provider) are applied to the world's model.
    pub(super) fn check(&mut self, world: &mut World) -> Result<(), Violation> {
        self.check_progress(world)?;
        while let Some((time, event)) = world.pair.events().get(self.read).cloned() {
            self.read += 1;
            self.read_event(world, time, &event)?;
        }
        self.queries.check(world)?;
        self.wire.check_fatal_errors(world)?;
        self.wire.check_continuity(world)?;
        self.wire.check_responses(world)?;
        self.state.check_signed_out_replies(world)?;
        self.identity.check_executions(world)?;
        self.requests.check_settled(world, self.breaks)?;
        if world.is_stopped() {
            return if world.is_fatal_expected {
                Ok(())
            } else {
                Violation::of("no frame is malformed", "the server sent a fatal error")
            };
        }
        self.identity.check_number(world)?;
        self.identity.seeded(world);
        self.page.check(world, &self.wire, &self.state)?;
        self.identity.check_results(world, self.wire.is_answered())?;
        queries::check_cleared(world)?;
        requests::RequestRules::check_results(world, &self.wire)?;
        self.lists.check(world, self.wire.dials)?;
        state::check_exits(world)
    }

    fn read_event(&mut self, world: &mut World, time: Time, event: &PairEvent) -> Result<(), Violation> {
        match event {
            PairEvent::Dialed => self.wire.dialled(world)?,
            PairEvent::SocketLeft => {
                self.wire.socket_left();
                self.queries.socket_left();
            }
            PairEvent::NetworkBreak => self.breaks += 1,
            PairEvent::Sent(frame) => {
                self.wire.sent(world, time, frame)?;
                self.queries.sent(frame);
                self.lists.sent(world, frame)?;
            }
            PairEvent::Received(frame) => {
                self.wire.received(world, time, frame);
                self.lists.received(frame);
                self.state.count_rejections(world, &self.wire);
                if self.wire.rejects_last(frame) {
                    self.page.token_rejected();
                    self.state.token_rejected(world, &self.wire)?;
                }
            }
            PairEvent::FetchStarted { fetch, .. } => self.state.fetch_started(world, *fetch)?,
            PairEvent::FetchDropped(fetch) => self.state.fetch_ended(*fetch),
            PairEvent::FetchAnswered(fetch) => {
                self.state.fetch_answered(world, &self.wire, *fetch);
                self.state.count_rejections(world, &self.wire);
            }
            PairEvent::Auth(auth, problem) => {
                self.state.auth_changed(world, &self.wire, auth, problem.as_ref())?;
            }
            PairEvent::Connection(connection) => self.wire.connection_changed(connection),
            PairEvent::Identity(identity) => self.identity.reported(*identity),
            PairEvent::Note(_) | PairEvent::ReceivedLate(_) => {}
        }
        secrets::check_event(world, event)
    }

    fn check_progress(&mut self, world: &World) -> Result<(), Violation> {
        let now = world.pair.now();
        self.at_once = if self.at_once.0 == now { (now, self.at_once.1 + 1) } else { (now, 0) };
        if self.at_once.1 > MAX_AT_ONCE {
            return Violation::of(
                "the client does not loop",
                format!("more than {MAX_AT_ONCE} events at {now}"),
            );
        }
        Ok(())
    }
}
