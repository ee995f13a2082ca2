//! The model deployment, driven by the wall clock and connected to sockets.

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
    clock::ServerClock,
    delay::Sender,
    functions::{functions, seed},
    identity::TokenVerifier,
    journal::Journal,
    knobs::KnobPanel,
};

/// A message to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Downstream {
    /// A text frame.
    Frame(String),
    /// A closing handshake.
    Close { code: Option<u16>, reason: String },
}

/// The server's end of a client's socket.
#[derive(Debug)]
pub(crate) struct SocketHandle {
    pub(crate) outgoing: Sender<Downstream>,
    /// Notified when the socket must break at once, even with frames in transit.
    pub(crate) broken: Arc<Notify>,
}

/// The deployment of a server, shared by everything that uses it.
#[derive(Debug)]
pub(crate) struct DeploymentHost {
    model: Mutex<Model>,
    clock: ServerClock,
    panel: KnobPanel,
    journal: Arc<Journal>,
    /// Notified when the model's next timer may have changed.
    timer_changed: Notify,
}

#[derive(Debug)]
struct Model {
    deployment: convex_testkit::Deployment,
    sockets: HashMap<ConnectionId, SocketHandle>,
}

impl DeploymentHost {
    /// A deployment with the demo's functions and data, which accepts the tokens that `verifier`
    /// accepts.
    pub(crate) fn new(
        verifier: TokenVerifier,
        clock: ServerClock,
        panel: KnobPanel,
        journal: Arc<Journal>,
    ) -> Self {
        let mut deployment = convex_testkit::Deployment::new(functions(), verifier, clock.started_at());
        deployment.edit(clock.now(), seed);
        let model = Mutex::new(Model { deployment, sockets: HashMap::new() });
        Self { model, clock, panel, journal, timer_changed: Notify::new() }
    }

    /// Accepts a socket.
    pub(crate) fn open(&self, version: ClientVersion, socket: SocketHandle) -> ConnectionId {
        let mut model = self.lock();
        let now = self.clock.now();
        let connection = model.deployment.open(now, version);
        model.sockets.insert(connection, socket);
        self.journal.opened(now, connection);
        drop(model);
        self.timer_changed.notify_one();
        connection
    }

    /// Handles the frames that have arrived from a client; their changes become one transition.
    pub(crate) fn receive(&self, connection: ConnectionId, frames: &[String]) {
        self.step(|deployment, now| {
            for frame in frames {
                self.journal.received(now, connection, frame);
                deployment.receive(now, connection, frame);
            }
        });
    }

    /// Handles a message that is not text, or that cannot be received.
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

    /// Responds to a call over HTTP.
    pub(crate) async fn call(&self, request: &HttpRequest<'_>) -> HttpReply {
        let reply = self.step(|deployment, now| deployment.http(now, request));
        sleep(reply.after).await;
        reply
    }

    /// Breaks the sockets of one session, or all. Returns how many.
    pub(crate) fn drop_connections(&self, session_id: Option<&str>) -> usize {
        self.for_each_connection(session_id, convex_testkit::Deployment::drop_connection)
    }

    /// Sends a malformed frame to the clients of one session, or to all. Returns how many.
    pub(crate) fn send_garbage(&self, session_id: Option<&str>) -> usize {
        self.for_each_connection(session_id, |deployment, now, connection| {
            deployment.send_raw(now, connection, "<html>this is no JSON</html>");
        })
    }

    /// Breaks all sockets, as a restarting server does; data survives. Returns how many.
    pub(crate) fn restart(&self) -> usize {
        self.step(|deployment, now| {
            let connections = deployment.connections().count();
            deployment.restart(now);
            connections
        })
    }

    /// Runs the model's timers forever.
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
                () = self.timer_changed.notified() => {}
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

    /// Applies `work` to the model, then performs the model's outputs.
    fn step<R>(&self, work: impl FnOnce(&mut convex_testkit::Deployment, Time) -> R) -> R {
        let mut model = self.lock();
        let now = self.clock.now();
        model.deployment.set_redacts(self.panel.redacts());
        let result = work(&mut model.deployment, now);
        self.drain(&mut model, now);
        drop(model);
        self.timer_changed.notify_one();
        result
    }

    fn drain(&self, model: &mut Model, now: Time) {
        let Model { deployment, sockets } = model;
        let outputs: Vec<_> = iter::from_fn(|| deployment.poll_output()).collect();
        // Before the outputs are sent: the log is complete when a client reacts to them, and a
        // client that is measured does not share the machine with this work.
        for execution in deployment.take_executions() {
            self.journal.ran(execution);
        }
        for output in outputs {
            match output {
                Output::Send { connection, text } => {
                    if let Some(socket) = sockets.get(&connection) {
                        socket.outgoing.send(Downstream::Frame(text));
                    }
                }
                Output::Close { connection, code, reason } => {
                    self.journal.closed(now, connection);
                    if let Some(socket) = sockets.remove(&connection) {
                        socket.outgoing.send(Downstream::Close { code, reason });
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
