//! The model deployment, run by the wall clock and connected to sockets.

use std::{
    collections::HashMap,
    convert::Infallible,
    future, iter,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use convex_testkit::{ClientVersion, ConnectionId, HttpReply, HttpRequest, Output, Time};
use tokio::{
    select,
    sync::Notify,
    time::{sleep, sleep_until},
};

use crate::{
    clock::Clock,
    delay::Sender,
    functions::{functions, seed},
    identity::TokenVerifier,
    journal::Journal,
    knobs::Panel,
};

/// What a socket is to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Downstream {
    /// A text frame.
    Frame(String),
    /// A closing handshake.
    Close { code: Option<u16>, reason: String },
}

/// The server's end of a client's socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) wire: Sender<Downstream>,
    /// Rung when the socket is to break at once, whatever is still on the wire.
    pub(crate) broken: Arc<Notify>,
}

/// The one deployment of a server, shared by everything that talks to it.
#[derive(Debug)]
pub(crate) struct Deployment {
    model: Mutex<Model>,
    clock: Clock,
    panel: Panel,
    journal: Arc<Journal>,
    /// Rung when the model may have to be woken at another time than before.
    rearmed: Notify,
}

#[derive(Debug)]
struct Model {
    deployment: convex_testkit::Deployment,
    sockets: HashMap<ConnectionId, Socket>,
}

impl Deployment {
    /// A deployment with the demo's functions and data, which accepts the tokens that `verifier`
    /// does.
    pub(crate) fn new(verifier: TokenVerifier, clock: Clock, panel: Panel, journal: Arc<Journal>) -> Self {
        let mut deployment = convex_testkit::Deployment::new(functions(), verifier, clock.started_at());
        deployment.edit(clock.now(), seed);
        let model = Mutex::new(Model { deployment, sockets: HashMap::new() });
        Self { model, clock, panel, journal, rearmed: Notify::new() }
    }

    /// Accepts a socket.
    pub(crate) fn open(&self, version: ClientVersion, socket: Socket) -> ConnectionId {
        let mut model = self.lock();
        let now = self.clock.now();
        let connection = model.deployment.open(now, version);
        model.sockets.insert(connection, socket);
        self.journal.opened(now, connection);
        drop(model);
        self.rearmed.notify_one();
        connection
    }

    /// Takes the frames of a client that are at hand; what they change becomes one transition.
    pub(crate) fn receive(&self, connection: ConnectionId, frames: &[String]) {
        self.step(|deployment, now| {
            for frame in frames {
                self.journal.received(now, connection, frame);
                deployment.receive(now, connection, frame);
            }
        });
    }

    /// Takes a message that is not text, or that cannot be received.
    pub(crate) fn receive_unreadable(&self, connection: ConnectionId) {
        self.step(|deployment, now| deployment.receive_unreadable(now, connection));
    }

    /// The client is gone.
    pub(crate) fn closed(&self, connection: ConnectionId) {
        self.lock().sockets.remove(&connection);
        self.step(|deployment, now| {
            deployment.closed(now, connection);
            self.journal.closed(now, connection);
        });
    }

    /// Answers a call over HTTP.
    pub(crate) async fn call(&self, request: &HttpRequest<'_>) -> HttpReply {
        let reply = self.step(|deployment, now| deployment.http(now, request));
        sleep(reply.after).await;
        reply
    }

    /// Breaks the sockets of one session, or all; says how many.
    pub(crate) fn drop_connections(&self, session_id: Option<&str>) -> usize {
        self.for_each_connection(session_id, convex_testkit::Deployment::drop_connection)
    }

    /// Sends the clients of one session, or all, a frame they cannot read; says to how many.
    pub(crate) fn send_garbage(&self, session_id: Option<&str>) -> usize {
        self.for_each_connection(session_id, |deployment, now, connection| {
            deployment.send_raw(now, connection, "<html>this is no JSON</html>");
        })
    }

    /// Breaks all sockets as a restarting server does; data survives. Says how many.
    pub(crate) fn restart(&self) -> usize {
        self.step(|deployment, now| {
            let connections = deployment.connections().count();
            deployment.restart(now);
            connections
        })
    }

    /// Does what is due when it is due, for ever.
    pub(crate) async fn keep_time(&self) -> Infallible {
        loop {
            let due = self.lock().deployment.poll_timeout();
            let timer = async {
                match due {
                    Some(due) => sleep_until(self.clock.instant(due)).await,
                    None => future::pending().await,
                }
            };
            select! {
                () = timer => self.step(convex_testkit::Deployment::handle_timeout),
                () = self.rearmed.notified() => {}
            }
        }
    }

    fn for_each_connection(
        &self,
        session_id: Option<&str>,
        command: impl Fn(&mut convex_testkit::Deployment, Time, ConnectionId),
    ) -> usize {
        let of_session = session_id.map(|session_id| self.journal.connections_of(session_id));
        self.step(|deployment, now| {
            let mut connections: Vec<_> = deployment.connections().collect();
            if let Some(of_session) = of_session {
                connections.retain(|connection| of_session.contains(connection));
            }
            for &connection in &connections {
                command(deployment, now, connection);
            }
            connections.len()
        })
    }

    /// Lets `work` change the model, then does what the model wants done.
    fn step<R>(&self, work: impl FnOnce(&mut convex_testkit::Deployment, Time) -> R) -> R {
        let mut model = self.lock();
        let now = self.clock.now();
        model.deployment.set_redacts(self.panel.redacts());
        let result = work(&mut model.deployment, now);
        self.drain(&mut model, now);
        drop(model);
        self.rearmed.notify_one();
        result
    }

    fn drain(&self, model: &mut Model, now: Time) {
        let Model { deployment, sockets } = model;
        let outputs: Vec<_> = iter::from_fn(|| deployment.poll_output()).collect();
        // Before anybody hears of them: who looks at the log then finds them there, and a client
        // that is measured shares the machine with nothing that could be done earlier.
        for execution in deployment.take_executions() {
            self.journal.ran(execution);
        }
        for output in outputs {
            match output {
                Output::Send { connection, text } => {
                    if let Some(socket) = sockets.get(&connection) {
                        socket.wire.send(Downstream::Frame(text));
                    }
                }
                Output::Close { connection, code, reason } => {
                    self.journal.closed(now, connection);
                    if let Some(socket) = sockets.remove(&connection) {
                        socket.wire.send(Downstream::Close { code, reason });
                    }
                }
                Output::Drop { connection } => {
                    self.journal.closed(now, connection);
                    if let Some(socket) = sockets.remove(&connection) {
                        socket.broken.notify_one();
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
