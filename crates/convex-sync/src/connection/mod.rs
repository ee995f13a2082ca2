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
    phase: ConnectionPhase,
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
enum ConnectionPhase {
    Dialling {
        socket: SocketId,
    },
    Open {
        socket: SocketId,
        socket_state: Box<SocketState>,
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
            phase: ConnectionPhase::Waiting { until: cx.now },
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
        matches!(self.phase, ConnectionPhase::Dialling { socket } | ConnectionPhase::Open { socket, .. } if socket == id)
    }

    pub(crate) fn socket_state(&self) -> Option<&SocketState> {
        match &self.phase {
            ConnectionPhase::Open { socket_state, .. } => Some(socket_state),
            _ => None,
        }
    }

    pub(crate) fn socket_state_mut(&mut self) -> Option<&mut SocketState> {
        match &mut self.phase {
            ConnectionPhase::Open { socket_state, .. } => Some(socket_state),
            _ => None,
        }
    }

    pub(crate) fn stopped(&self) -> Option<&Stopped> {
        match &self.phase {
            ConnectionPhase::Stopped(stopped) => Some(stopped),
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
    pub(crate) fn app_state(&self, auth_is_settled: bool) -> ConnectionState {
        match &self.phase {
            ConnectionPhase::Stopped(Stopped::Closed) => ConnectionState::Closed,
            ConnectionPhase::Stopped(Stopped::Fatal(message)) => {
                ConnectionState::Fatal { message: message.clone() }
            }
            ConnectionPhase::Open { .. } if !auth_is_settled => ConnectionState::HeldForAuth,
            ConnectionPhase::Open { socket_state, .. } if socket_state.is_caught_up() => {
                ConnectionState::Live
            }
            ConnectionPhase::Open { .. } => ConnectionState::Syncing,
            ConnectionPhase::Dialling { .. } if self.opened == 0 && self.tries == 0 => {
                ConnectionState::Connecting
            }
            ConnectionPhase::Dialling { .. } => self.reconnecting(None),
            ConnectionPhase::Waiting { until } => self.reconnecting(Some(*until)),
        }
    }

    fn reconnecting(&self, next_attempt: Option<Time>) -> ConnectionState {
        ConnectionState::Reconnecting { attempt: self.tries, next_attempt, reason: self.close_reason.clone() }
    }

    // ---- what happens ----

    pub(crate) fn dial(&mut self, cx: &mut Context<'_>) {
        let socket = self.next_socket;
        self.next_socket = socket.next();
        self.phase = ConnectionPhase::Dialling { socket };
        cx.timers.clear(Timer::Redial);
        cx.timers.set(Timer::Dial, cx.now + cx.config.dial_timeout);
        cx.events.push_back(Event::Open { socket });
    }

    pub(crate) fn opened(&mut self, cx: &mut Context<'_>) {
        let ConnectionPhase::Dialling { socket } = self.phase else { return };
        self.phase =
            ConnectionPhase::Open { socket, socket_state: Box::default(), since: cx.now, last_frame: cx.now };
        self.opened += 1;
        cx.timers.clear(Timer::Dial);
        cx.timers.clear(Timer::Probe);
        cx.timers.set(Timer::Inactivity, cx.now + cx.config.inactivity_timeout);
    }

    /// A frame came: whatever it says, the socket is not silent.
    pub(crate) fn frame_received(&mut self, cx: &mut Context<'_>) {
        if let ConnectionPhase::Open { last_frame, .. } = &mut self.phase {
            *last_frame = cx.now;
            cx.timers.set(Timer::Inactivity, cx.now + cx.config.inactivity_timeout);
        }
    }

    /// The database was seen at `ts`.
    pub(crate) fn observe(&mut self, ts: Timestamp) {
        self.max_observed = self.max_observed.max(Some(ts));
    }

    /// The connection is good: the next loss starts from the shortest wait.
    pub(crate) fn mark_healthy(&mut self) {
        self.tries = 0;
    }

    /// The server answers, though the connection is not good yet: the next loss does not start from
    /// the longest wait.
    pub(crate) fn cap_tries(&mut self) {
        self.tries = self.tries.min(2);
    }

    /// The server closes with an error. Where it does so again and again before it answers
    /// anything, it may be for the moment it is told: it refuses one that it has not reached
    /// (protocol §9), and some are never reached.
    pub(crate) fn closed_with_error(&mut self) {
        if self.tries >= MAX_REFUSALS && self.socket_state().is_some_and(SocketState::is_unanswered) {
            self.max_observed = None;
        }
    }

    /// Leaves the socket at once and waits for the next. `reason` is what the server will be told.
    pub(crate) fn lost(&mut self, cx: &mut Context<'_>, by: LostBy, reason: &str) {
        let is_probing = cx.timers.deadline(Timer::Probe).is_some();
        self.abandon(cx);
        let initial = match by {
            LostBy::Client => backoff::BY_CLIENT,
            LostBy::Network if self.has_lasted(cx.now) => backoff::SOON,
            LostBy::Network | LostBy::Server => backoff::initial(reason),
        };
        self.close_reason = reason.into();
        let until = cx.now + cx.random.backoff(initial, self.tries, backoff::MAX);
        self.tries += 1;
        self.phase = ConnectionPhase::Waiting { until };
        cx.timers.set(Timer::Redial, until);
        // The wake would have found it dead: the next socket is dialled now, as the wake would have
        // done.
        if is_probing && by == LostBy::Network {
            self.dial(cx);
        }
    }

    /// The page woke up: a scheduled dial happens now, a silent socket has to prove itself. With
    /// `outdated`, every socket has: what it received, or is still to receive as an answer to an
    /// earlier frame, may be from before the network changed or the machine slept.
    pub(crate) fn woke(&mut self, cx: &mut Context<'_>, outdated: bool) {
        match self.phase {
            ConnectionPhase::Open { last_frame, .. } if !outdated && cx.now - last_frame <= JUST_NOW => {}
            _ => self.probe(cx, outdated),
        }
    }

    /// A scheduled dial happens now, a socket has to prove itself; by another probe than the one
    /// under way, if that is `outdated`.
    pub(crate) fn probe(&mut self, cx: &mut Context<'_>, outdated: bool) {
        let deadline = cx.now + cx.config.probe_timeout;
        match &mut self.phase {
            ConnectionPhase::Waiting { .. } => {
                self.tries = 0;
                self.dial(cx);
            }
            // It may have been begun without a network, and may only now fail for that.
            ConnectionPhase::Dialling { .. } => {
                self.tries = 0;
                cx.timers.set_if_unset(Timer::Probe, deadline);
            }
            ConnectionPhase::Open { socket_state, .. } => {
                self.tries = 0;
                if outdated || cx.timers.deadline(Timer::Probe).is_none() {
                    socket_state.probe(outdated);
                    cx.timers.set(Timer::Probe, deadline);
                }
            }
            ConnectionPhase::Stopped(_) => {}
        }
    }

    /// No sockets any more.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>, stopped: Stopped) {
        self.abandon(cx);
        self.phase = ConnectionPhase::Stopped(stopped);
    }

    /// Whether there is a connection that was good for so long that its loss is no sign of a server
    /// in trouble.
    fn has_lasted(&self, now: Time) -> bool {
        matches!(&self.phase, ConnectionPhase::Open { socket_state, since, .. } if socket_state.is_caught_up() && now - *since >= backoff::LASTED)
    }

    fn abandon(&mut self, cx: &mut Context<'_>) {
        if let ConnectionPhase::Dialling { socket } | ConnectionPhase::Open { socket, .. } = self.phase {
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
