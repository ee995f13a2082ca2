//! One socket after another to the deployment.

pub(crate) mod backoff;
mod socket_state;
mod state;

pub(crate) use socket_state::SocketState;
pub use state::ConnectionState;

use crate::{Event, SocketId, Time, context::Context, timer::Timer, wire::Timestamp};
use std::{sync::Arc, time::Duration};

/// The sockets of a client: at most one at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    phase: Phase,
    next_socket: SocketId,
    /// How many sockets have opened.
    opened: u32,
    /// Why the last one ended, as the server is told.
    close_reason: Arc<str>,
    /// Tries since a connection was last good.
    tries: u32,
    /// The latest moment of the database that was seen.
    max_observed: Option<Timestamp>,
}

#[derive(Debug)]
enum Phase {
    Dialling {
        socket: SocketId,
    },
    Open {
        socket: SocketId,
        wire: Box<SocketState>,
        since: Time,
        last_frame: Time,
    },
    /// Waits for [`Timer::Redial`].
    Waiting {
        until: Time,
    },
    Stopped(Stopped),
}

/// Why there will be no more sockets.
#[derive(Debug, Clone)]
pub(crate) enum Stopped {
    Closed,
    Fatal(Arc<str>),
}

impl Stopped {
    pub(crate) fn reason(&self) -> Arc<str> {
        match self {
            Self::Closed => "the client was closed".into(),
            Self::Fatal(message) => message.clone(),
        }
    }
}

/// Who brought a loss about; it decides how soon the next socket is dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LostBy {
    Client,
    /// The server closed it and said why.
    Server,
    /// It broke, or was closed without a word.
    Network,
}

impl Connection {
    /// A connection whose first socket is being dialled.
    pub(crate) fn new(cx: &mut Context<'_>) -> Self {
        let mut connection = Self {
            phase: Phase::Waiting { until: cx.now },
            next_socket: SocketId::new(0),
            opened: 0,
            close_reason: "InitialConnect".into(),
            tries: 0,
            max_observed: None,
        };
        connection.dial(cx);
        connection
    }

    // ---- getters ----

    pub(crate) fn is_current(&self, id: SocketId) -> bool {
        matches!(self.phase, Phase::Dialling { socket } | Phase::Open { socket, .. } if socket == id)
    }

    pub(crate) fn wire(&self) -> Option<&SocketState> {
        match &self.phase {
            Phase::Open { wire, .. } => Some(wire),
            _ => None,
        }
    }

    pub(crate) fn wire_mut(&mut self) -> Option<&mut SocketState> {
        match &mut self.phase {
            Phase::Open { wire, .. } => Some(wire),
            _ => None,
        }
    }

    pub(crate) fn stopped(&self) -> Option<&Stopped> {
        match &self.phase {
            Phase::Stopped(stopped) => Some(stopped),
            _ => None,
        }
    }

    pub(crate) fn max_observed(&self) -> Option<Timestamp> {
        self.max_observed
    }

    pub(crate) fn close_reason(&self) -> &str {
        &self.close_reason
    }

    /// How many sockets opened before the one that is open.
    pub(crate) fn earlier_connections(&self) -> u32 {
        self.opened.saturating_sub(1)
    }

    /// What the app is shown.
    pub(crate) fn shown(&self, auth_is_settled: bool) -> ConnectionState {
        match &self.phase {
            Phase::Stopped(Stopped::Closed) => ConnectionState::Closed,
            Phase::Stopped(Stopped::Fatal(message)) => ConnectionState::Fatal { message: message.clone() },
            Phase::Open { .. } if !auth_is_settled => ConnectionState::HeldForAuth,
            Phase::Open { wire, .. } if wire.is_caught_up() => ConnectionState::Live,
            Phase::Open { .. } => ConnectionState::Syncing,
            Phase::Dialling { .. } if self.opened == 0 && self.tries == 0 => ConnectionState::Connecting,
            Phase::Dialling { .. } => self.reconnecting(None),
            Phase::Waiting { until } => self.reconnecting(Some(*until)),
        }
    }

    fn reconnecting(&self, next_attempt: Option<Time>) -> ConnectionState {
        ConnectionState::Reconnecting { attempt: self.tries, next_attempt, reason: self.close_reason.clone() }
    }

    // ---- what happens ----

    pub(crate) fn dial(&mut self, cx: &mut Context<'_>) {
        let socket = self.next_socket;
        self.next_socket = socket.next();
        self.phase = Phase::Dialling { socket };
        cx.timers.clear(Timer::Redial);
        cx.timers.set(Timer::Dial, cx.now + cx.config.dial_timeout);
        cx.events.push_back(Event::Open { socket });
    }

    pub(crate) fn opened(&mut self, cx: &mut Context<'_>) {
        let Phase::Dialling { socket } = self.phase else { return };
        self.phase = Phase::Open { socket, wire: Box::default(), since: cx.now, last_frame: cx.now };
        self.opened += 1;
        cx.timers.clear(Timer::Dial);
        cx.timers.clear(Timer::Probe);
        cx.timers.set(Timer::Inactivity, cx.now + cx.config.inactivity_timeout);
    }

    /// A frame came: whatever it says, the socket is not silent.
    pub(crate) fn frame_came(&mut self, cx: &mut Context<'_>) {
        if let Phase::Open { last_frame, .. } = &mut self.phase {
            *last_frame = cx.now;
            cx.timers.set(Timer::Inactivity, cx.now + cx.config.inactivity_timeout);
        }
    }

    /// The database was seen at `ts`.
    pub(crate) fn observe(&mut self, ts: Timestamp) {
        self.max_observed = self.max_observed.max(Some(ts));
    }

    /// The connection is good: the next loss starts from the shortest wait.
    pub(crate) fn good(&mut self) {
        self.tries = 0;
    }

    /// The server answers, though the connection is not good yet: the next loss does not start from
    /// the longest wait.
    pub(crate) fn answers(&mut self) {
        self.tries = self.tries.min(2);
    }

    /// The server closes with an error. Where it does so again and again before it answers
    /// anything, it may be for the moment it is told: it refuses one that it has not reached
    /// (protocol §9), and some are never reached.
    pub(crate) fn refused(&mut self) {
        if self.tries >= MAX_REFUSALS && self.wire().is_some_and(SocketState::is_unanswered) {
            self.max_observed = None;
        }
    }

    /// Leaves the socket at once and waits for the next. `reason` is what the server will be told.
    pub(crate) fn lost(&mut self, cx: &mut Context<'_>, by: LostBy, reason: &str) {
        let is_in_doubt = cx.timers.deadline(Timer::Probe).is_some();
        self.abandon(cx);
        let initial = match by {
            LostBy::Client => backoff::BY_CLIENT,
            LostBy::Network if self.has_lasted(cx.now) => backoff::SOON,
            LostBy::Network | LostBy::Server => backoff::initial(reason),
        };
        self.close_reason = reason.into();
        let until = cx.now + cx.random.backoff(initial, self.tries, backoff::MAX);
        self.tries += 1;
        self.phase = Phase::Waiting { until };
        cx.timers.set(Timer::Redial, until);
        // The wake would have found it dead: the next socket is dialled now, as the wake would have
        // done.
        if is_in_doubt && by == LostBy::Network {
            self.dial(cx);
        }
    }

    /// The page woke up: a scheduled dial happens now, a silent socket has to prove itself. With
    /// `outdated`, every socket has: what it received, or is still to receive as an answer to an
    /// earlier frame, may be from before the network changed or the machine slept.
    pub(crate) fn woke(&mut self, cx: &mut Context<'_>, outdated: bool) {
        match self.phase {
            Phase::Open { last_frame, .. } if !outdated && cx.now - last_frame <= JUST_NOW => {}
            _ => self.prove(cx, outdated),
        }
    }

    /// A scheduled dial happens now, a socket has to prove itself; by another probe than the one
    /// under way, if that is `outdated`.
    pub(crate) fn prove(&mut self, cx: &mut Context<'_>, outdated: bool) {
        let deadline = cx.now + cx.config.probe_timeout;
        match &mut self.phase {
            Phase::Waiting { .. } => {
                self.tries = 0;
                self.dial(cx);
            }
            // It may have been begun without a network, and may only now fail for that.
            Phase::Dialling { .. } => {
                self.tries = 0;
                cx.timers.set_if_unset(Timer::Probe, deadline);
            }
            Phase::Open { wire, .. } => {
                self.tries = 0;
                if outdated || cx.timers.deadline(Timer::Probe).is_none() {
                    wire.probe(outdated);
                    cx.timers.set(Timer::Probe, deadline);
                }
            }
            Phase::Stopped(_) => {}
        }
    }

    /// No sockets any more.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>, stopped: Stopped) {
        self.abandon(cx);
        self.phase = Phase::Stopped(stopped);
    }

    /// Whether there is a connection that was good for so long that its loss is no sign of a server
    /// in trouble.
    fn has_lasted(&self, now: Time) -> bool {
        matches!(&self.phase, Phase::Open { wire, since, .. } if wire.is_caught_up() && now - *since >= backoff::LASTED)
    }

    fn abandon(&mut self, cx: &mut Context<'_>) {
        if let Phase::Dialling { socket } | Phase::Open { socket, .. } = self.phase {
            cx.events.push_back(Event::Close { socket });
        }
        for timer in SOCKET_TIMERS {
            cx.timers.clear(timer);
        }
    }
}

/// The timers that end with the socket.
const SOCKET_TIMERS: [Timer; 7] = [
    Timer::Dial,
    Timer::Redial,
    Timer::Inactivity,
    Timer::Answer,
    Timer::Probe,
    Timer::WriteShown,
    Timer::Trial,
];

/// How often a server may refuse the latest moment that was seen before it is forgotten. A server
/// that is only behind catches up.
const MAX_REFUSALS: u32 = 3;

/// A socket that brought a frame so recently needs no proof after a wake.
const JUST_NOW: Duration = Duration::from_secs(1);
