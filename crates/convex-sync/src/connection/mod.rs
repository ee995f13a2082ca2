//! The connection to the deployment: it dials, detects dead sockets and reconnects with backoff.

pub(crate) mod backoff;
mod socket_state;
mod state;

pub(crate) use socket_state::SocketState;
pub use state::ConnectionState;

use crate::{Event, SocketId, Time, context::Context, timer::Timer, wire::Timestamp};
use std::{sync::Arc, time::Duration};

/// The connection of a client. It has at most one socket at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    phase: ConnectionPhase,
    next_socket: SocketId,
    /// The number of sockets that have opened.
    opened: u32,
    /// Why the last socket ended. The server receives it with the next `Connect`.
    close_reason: Arc<str>,
    /// The number of attempts since the last healthy connection.
    tries: u32,
    /// The latest database timestamp that was observed.
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

/// Why the client has stopped.
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

/// Who ended the connection. It determines the delay before the next dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LostBy {
    Client,
    /// The server closed the socket with a reason.
    Server,
    /// The connection broke, or was closed without a reason.
    Network,
}

impl Connection {
    /// A connection that dials its first socket.
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

    /// The number of sockets that opened before the current one.
    pub(crate) fn earlier_connections(&self) -> u32 {
        self.opened.saturating_sub(1)
    }

    /// The state that the app sees.
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

    // ---- events ----

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

    /// A frame was received: the socket is not silent.
    pub(crate) fn frame_received(&mut self, cx: &mut Context<'_>) {
        if let ConnectionPhase::Open { last_frame, .. } = &mut self.phase {
            *last_frame = cx.now;
            cx.timers.set(Timer::Inactivity, cx.now + cx.config.inactivity_timeout);
        }
    }

    /// A result at `ts` was received.
    pub(crate) fn observe(&mut self, ts: Timestamp) {
        self.max_observed = self.max_observed.max(Some(ts));
    }

    /// The connection is healthy: after the next loss, the delay starts from the shortest.
    pub(crate) fn mark_healthy(&mut self) {
        self.tries = 0;
    }

    /// The server answers, but the connection is not healthy yet: after the next loss, the delay
    /// does not start from the longest.
    pub(crate) fn cap_tries(&mut self) {
        self.tries = self.tries.min(2);
    }

    /// The server closed the socket with an error. If it does so repeatedly before it answers
    /// anything, the cause may be the timestamp that `Connect` sends: a server refuses a timestamp
    /// that it has not reached (docs/protocol.md §9), and may never reach it.
    pub(crate) fn closed_with_error(&mut self) {
        if self.tries >= MAX_REFUSALS && self.socket_state().is_some_and(SocketState::is_unanswered) {
            self.max_observed = None;
        }
    }

    /// Drops the socket and schedules the next dial. The server receives `reason` with the next
    /// `Connect`.
    pub(crate) fn lost(&mut self, cx: &mut Context<'_>, by: LostBy, reason: &str) {
        let is_probing = cx.timers.deadline(Timer::Probe).is_some();
        self.abandon(cx);
        let initial = match by {
            LostBy::Client => backoff::BY_CLIENT,
            LostBy::Network if self.was_healthy(cx.now) => backoff::AFTER_HEALTHY,
            LostBy::Network | LostBy::Server => backoff::initial(reason),
        };
        self.close_reason = reason.into();
        let until = cx.now + cx.random.backoff(initial, self.tries, backoff::MAX);
        self.tries += 1;
        self.phase = ConnectionPhase::Waiting { until };
        cx.timers.set(Timer::Redial, until);
        // A probe is under way, and it would have found the socket dead: dial now, as the probe
        // would have done.
        if is_probing && by == LostBy::Network {
            self.dial(cx);
        }
    }

    /// The page woke up. A scheduled dial starts now, and a socket without a recent frame is
    /// probed. If `outdated`, every socket is probed: received frames, and answers to frames sent
    /// earlier, may be from before the network changed or the machine slept.
    pub(crate) fn woke(&mut self, cx: &mut Context<'_>, outdated: bool) {
        match self.phase {
            ConnectionPhase::Open { last_frame, .. } if !outdated && cx.now - last_frame <= RECENT => {}
            _ => self.probe(cx, outdated),
        }
    }

    /// Starts a scheduled dial now, or probes the open socket. A probe that is under way continues,
    /// unless it is `outdated`.
    pub(crate) fn probe(&mut self, cx: &mut Context<'_>, outdated: bool) {
        let deadline = cx.now + cx.config.probe_timeout;
        match &mut self.phase {
            ConnectionPhase::Waiting { .. } => {
                self.tries = 0;
                self.dial(cx);
            }
            // The dial may have started without a network, and may fail only now for that reason.
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

    /// Stops: the connection never dials again.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>, stopped: Stopped) {
        self.abandon(cx);
        self.phase = ConnectionPhase::Stopped(stopped);
    }

    /// Whether the connection was healthy for so long that its loss is no sign of a failing server.
    fn was_healthy(&self, now: Time) -> bool {
        matches!(&self.phase, ConnectionPhase::Open { socket_state, since, .. } if socket_state.is_caught_up() && now - *since >= backoff::MIN_HEALTHY_TIME)
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
    Timer::Transition,
    Timer::Trial,
];

/// After this many refusals of the latest observed timestamp, it is forgotten. A server that is
/// only behind catches up earlier.
const MAX_REFUSALS: u32 = 3;

/// A socket that received a frame within this time is not probed after a wake.
const RECENT: Duration = Duration::from_secs(1);
