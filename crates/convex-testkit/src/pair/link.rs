//! The simulated network: messages in transit, and its faults.

use std::{collections::VecDeque, time::Duration};

use convex_sync::{SocketId, Time};

use crate::deployment::ConnectionId;

/// The state of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// The smallest delay, one way.
    pub latency: Duration,
    /// The largest random addition to the delay. The pair's seed decides; the order of messages
    /// stays.
    pub jitter: Duration,
    /// The probability, from 0 to 1, that a frame breaks its socket. The pair's seed decides.
    pub break_chance: f64,
    /// The outcome of dials.
    pub dials: DialOutcome,
    /// Whether messages are lost silently, both ways: sockets only look open.
    pub half_open: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(20),
            jitter: Duration::ZERO,
            break_chance: 0.0,
            dials: DialOutcome::Accepted,
            half_open: false,
        }
    }
}

/// The outcome of a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialOutcome {
    /// The socket opens.
    Accepted,
    /// It fails at once, as without a network.
    Refused,
    /// It never completes.
    Hanging,
}

/// The messages in transit on one socket. The order of each direction is kept.
#[derive(Debug)]
pub(super) struct NetworkLink {
    pub(super) socket: SocketId,
    pub(super) connection: Option<ConnectionId>,
    broken: bool,
    /// Whether a message was lost.
    lossy: bool,
    to_server: VecDeque<(Time, ToServer)>,
    to_client: VecDeque<(Time, ToClient)>,
}

#[derive(Debug)]
pub(super) enum ToServer {
    Dial,
    Frame(String),
    /// The client has left the socket.
    Gone,
}

#[derive(Debug)]
pub(super) enum ToClient {
    Opened,
    Frame(String),
    Closed { code: u16, reason: String },
}

impl NetworkLink {
    pub(super) fn new(socket: SocketId) -> Self {
        Self {
            socket,
            connection: None,
            broken: false,
            lossy: false,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
        }
    }

    pub(super) fn send_to_server(&mut self, arrival: Time, message: ToServer) {
        if self.broken {
            return;
        }
        let earliest = self.to_server.back().map_or(Time::ZERO, |(last, _)| *last);
        self.to_server.push_back((arrival.max(earliest), message));
    }

    pub(super) fn send_to_client(&mut self, arrival: Time, message: ToClient) {
        if self.broken {
            return;
        }
        let earliest = self.to_client.back().map_or(Time::ZERO, |(last, _)| *last);
        self.to_client.push_back((arrival.max(earliest), message));
    }

    pub(super) fn next_arrival(&self) -> Option<Time> {
        let server = self.to_server.front().map(|(arrival, _)| *arrival);
        let client = self.to_client.front().map(|(arrival, _)| *arrival);
        server.into_iter().chain(client).min()
    }

    pub(super) fn arrived_at_server(&mut self, now: Time) -> Option<ToServer> {
        if self.to_server.front()?.0 > now {
            return None;
        }
        let (_, message) = self.to_server.pop_front()?;
        Some(message)
    }

    pub(super) fn arrived_at_client(&mut self, now: Time) -> Option<ToClient> {
        if self.to_client.front()?.0 > now {
            return None;
        }
        let (_, message) = self.to_client.pop_front()?;
        Some(message)
    }

    /// Breaks: both ends are notified, and nothing more is carried.
    pub(super) fn break_at(&mut self, arrival: Time) {
        self.send_to_client(arrival, ToClient::Closed { code: 1006, reason: String::new() });
        self.send_to_server(arrival, ToServer::Gone);
        self.broken = true;
    }

    /// Records that a message was lost.
    pub(super) fn lose(&mut self) {
        self.lossy = true;
    }

    /// If a message was lost, nothing more is carried.
    pub(super) fn stay_dead(&mut self) {
        if self.lossy {
            self.broken = true;
            self.to_client.clear();
            self.to_server.clear();
        }
    }

    /// The client has left the socket: nothing more reaches it.
    pub(super) fn leave(&mut self) {
        self.to_client.clear();
    }
}
