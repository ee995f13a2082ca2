//! Runs a pair: time jumps from one event to the next.

use std::{collections::VecDeque, time::Duration};

use convex_sync::{Event, Input, SYNC_PATH, SocketId, Time, UnixMillis};
use rand::Rng;

use super::{
    Pair,
    event::{PairEvent, parse_or_string},
    link::{DialOutcome, NetworkLink, ToClient, ToServer},
};
use crate::deployment::{ClientVersion, ConnectionId, Output};

impl Pair {
    pub(crate) fn client_now(&self) -> Time {
        Time::new(self.now.since_start() - self.clock_stopped)
    }

    pub(super) fn next_event(&self) -> Option<Time> {
        let links = self.links.iter().filter_map(NetworkLink::next_arrival);
        let client = self.client.poll_timeout().map(|due| due + self.clock_stopped);
        let others = [client, self.deployment.poll_timeout(), self.fetches.next_reply()];
        links.chain(others.into_iter().flatten()).min()
    }

    /// Jumps to the next event, and handles everything that is due at that time.
    pub(super) fn step(&mut self) {
        let Some(next) = self.next_event() else { return };
        self.now = self.now.max(next);
        self.deliver_to_server();
        self.deployment.handle_timeout(self.now);
        self.deliver_to_client();
        while let Some((fetch, outcome)) = self.fetches.take_due(self.now) {
            self.record(PairEvent::FetchAnswered(fetch));
            self.client.handle(self.client_now(), Input::Token { fetch, outcome });
            self.drain_events();
        }
        self.client.handle(self.client_now(), Input::Timeout);
        self.settle();
    }

    fn deliver_to_server(&mut self) {
        let mut links = std::mem::take(&mut self.links);
        for link in &mut links {
            while let Some(message) = link.arrived_at_server(self.now) {
                match (message, link.connection) {
                    (ToServer::Dial, _) => {
                        let version =
                            ClientVersion::from_request(SYNC_PATH, None).expect("the path is valid");
                        link.connection = Some(self.deployment.open(self.now, version));
                        link.send_to_client(self.arrival(), ToClient::Opened);
                    }
                    (ToServer::Frame(text), Some(connection)) => {
                        self.deployment.receive(self.now, connection, &text);
                    }
                    (ToServer::Gone, Some(connection)) => self.deployment.closed(self.now, connection),
                    (ToServer::Frame(_) | ToServer::Gone, None) => {}
                }
            }
        }
        // The client does not act in between, so no link was added.
        self.links = links;
    }

    fn deliver_to_client(&mut self) {
        let mut arrived = VecDeque::new();
        for link in &mut self.links {
            while let Some(message) = link.arrived_at_client(self.now) {
                arrived.push_back((link.socket, message));
            }
        }
        for (socket, message) in arrived {
            match message {
                ToClient::Opened => {
                    self.note("the socket opens");
                    self.client.handle(self.client_now(), Input::Opened { socket });
                }
                ToClient::Frame(text) => {
                    let frame = parse_or_string(&text);
                    let is_late = self.links.last().is_some_and(|last| last.socket != socket);
                    self.record(if is_late {
                        PairEvent::ReceivedLate(frame)
                    } else {
                        PairEvent::Received(frame)
                    });
                    self.client.handle(self.client_now(), Input::Text { socket, text: &text });
                }
                ToClient::Closed { code, reason } => {
                    self.note(format!("the socket closes: {code} {reason}"));
                    self.client.handle(self.client_now(), Input::Closed { socket, code, reason: &reason });
                }
            }
            self.drain_events();
        }
    }

    /// Handles the pending effects of both sides.
    pub(super) fn settle(&mut self) {
        self.drain_events();
        while let Some(text) = self.client.poll_transmit(self.client_now()) {
            self.transmit(text);
        }
        self.drain_events();
        self.drain_outputs();
    }

    fn transmit(&mut self, text: String) {
        self.record(PairEvent::Sent(parse_or_string(&text)));
        // The last link belongs to the open socket.
        if let Some(last) = self.links.len().checked_sub(1) {
            self.carry(last, |link, arrival| link.send_to_server(arrival, ToServer::Frame(text)));
        }
    }

    /// Puts a message in transit, unless the network loses it or breaks under it.
    fn carry(&mut self, link: usize, send: impl FnOnce(&mut NetworkLink, Time)) {
        if self.conditions.half_open {
            self.links[link].lose();
            return;
        }
        let arrival = self.arrival();
        if self.random.random_bool(self.conditions.break_chance) {
            self.record(PairEvent::NetworkBreak);
            self.links[link].break_at(arrival);
        } else {
            send(&mut self.links[link], arrival);
        }
    }

    /// When a message that is sent now arrives.
    fn arrival(&mut self) -> Time {
        let jitter = self.conditions.jitter.mul_f64(self.random.random());
        self.now + self.conditions.latency + jitter
    }

    fn drain_events(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Open { socket } => self.dial(socket),
                Event::Close { socket } => self.abandon(socket),
                Event::FetchToken { fetch, force } => {
                    self.record(PairEvent::FetchStarted { fetch, force });
                    self.fetches.fetch(self.now, fetch, force);
                }
                // The provider may answer it nevertheless; the client must ignore that.
                Event::DropFetch { fetch } => self.record(PairEvent::FetchDropped(fetch)),
                Event::Transition { changed, paginated } => {
                    self.transitions.push(changed);
                    let changed_lists =
                        paginated.into_iter().filter_map(|list| Some((list, self.client.paginated(list)?)));
                    self.lists.extend(changed_lists);
                }
                Event::Auth => self.record_auth(),
                Event::Connection => self.record(PairEvent::Connection(self.client.connection().clone())),
                Event::InFlight => self.note(format!("{:?}", self.client.in_flight())),
                Event::Response { request, outcome } => self.outcomes.push((request, outcome)),
                Event::OptimisticUpdateFailed { request, error } => self.note(format!("{request}: {error}")),
                Event::Log { function, lines } => self.note(format!("{function:?} logs {lines:?}")),
            }
        }
    }

    /// Records the changes, and also a report without a change: rules check that the client does
    /// not repeat itself.
    fn record_auth(&mut self) {
        let identity = self.client.identity();
        let is_new = std::mem::replace(&mut self.identity, identity) != identity;
        if is_new {
            self.record(PairEvent::Identity(identity));
        }
        let now = PairEvent::Auth(self.client.auth().clone(), self.client.token_problem().cloned());
        let before = self.events.iter().rfind(|(_, event)| matches!(event, PairEvent::Auth(..)));
        if !is_new || before.is_none_or(|(_, before)| *before != now) {
            self.record(now);
        }
    }

    fn dial(&mut self, socket: SocketId) {
        self.record(PairEvent::Dialed);
        let mut link = NetworkLink::new(socket);
        let arrival = self.arrival();
        match self.conditions.dials {
            DialOutcome::Accepted => link.send_to_server(arrival, ToServer::Dial),
            DialOutcome::Refused => {
                link.send_to_client(arrival, ToClient::Closed { code: 1006, reason: String::new() });
            }
            DialOutcome::Hanging => {}
        }
        self.links.push(link);
    }

    fn abandon(&mut self, socket: SocketId) {
        self.record(PairEvent::SocketLeft);
        let arrival = self.arrival();
        if let Some(link) = self.links.iter_mut().find(|link| link.socket == socket) {
            link.leave();
            link.send_to_server(arrival, ToServer::Gone);
        }
    }

    fn drain_outputs(&mut self) {
        while let Some(output) = self.deployment.poll_output() {
            let (connection, message) = match output {
                Output::Send { connection, text } => (connection, ToClient::Frame(text)),
                Output::Close { connection, code, reason } => {
                    (connection, ToClient::Closed { code: code.unwrap_or(1005), reason })
                }
                Output::Drop { connection } => {
                    (connection, ToClient::Closed { code: 1006, reason: String::new() })
                }
            };
            if let Some(link) = self.link_of(connection) {
                self.carry(link, |link, arrival| link.send_to_client(arrival, message));
            }
        }
    }

    fn link_of(&self, connection: ConnectionId) -> Option<usize> {
        self.links.iter().position(|link| link.connection == Some(connection))
    }

    pub(super) fn client_wall(&self) -> UnixMillis {
        UnixMillis(self.unix_in(Duration::ZERO).0 + self.clock_ahead)
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.record(PairEvent::Note(note.into()));
    }

    pub(super) fn record(&mut self, event: PairEvent) {
        self.events.push((self.now, event));
    }
}
