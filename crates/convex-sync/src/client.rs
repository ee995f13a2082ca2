//! The client: commands and inputs in, events and frames out.

use crate::{
    Arguments, AuthState, Claims, Config, ConnectionState, Event, FunctionError, FunctionPath, Input, EncodedValue, QueryAuth,
    QueryHandle, RequestId, Session, SessionId, Time, UnixMillis,
};
use std::sync::Arc;

/// The path under a deployment's origin at which a client dials. The version in it is the protocol's: it tells the server that
/// this client understands transitions sent in chunks (protocol §1).
pub const SYNC_PATH: &str = "/api/1.28.0/sync";

/// A Convex client without IO: see the [crate's docs](crate) for how to drive it.
#[derive(Debug)]
pub struct SyncClient {
    config: Config,
}

impl SyncClient {
    /// A client that wants to connect at once: its first event is [`Event::Open`].
    ///
    /// `seed` is for jitter and must differ between clients; `wall_clock` is what it says at [`Time::ZERO`].
    pub fn new(config: Config, session: SessionId, seed: u64, wall_clock: UnixMillis) -> Self {
        todo!()
    }

    // ---- getters ----

    /// The current result of a query: `None` while it loads, and after a change of identity until it has run again.
    pub fn result(&self, query: QueryHandle) -> Option<&Result<EncodedValue, FunctionError>> {
        todo!()
    }

    /// Whether somebody is signed in.
    pub fn auth(&self) -> &AuthState {
        todo!()
    }

    /// What the token in use says about itself.
    pub fn claims(&self) -> Option<&Claims> {
        todo!()
    }

    /// The state of the connection.
    pub fn connection(&self) -> ConnectionState {
        todo!()
    }

    // ---- commands ----

    /// Keeps a query up to date until [`unsubscribe`](Self::unsubscribe) was called as often as this. Equal queries are one.
    pub fn subscribe(&mut self, now: Time, function: &FunctionPath, args: &Arguments, auth: QueryAuth) -> QueryHandle {
        todo!()
    }

    /// Takes back one [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&mut self, now: Time, query: QueryHandle) {
        todo!()
    }

    /// Runs a mutation once, after the ones called before it. [`Event::Response`] tells its outcome, in the same drain as the
    /// transition that shows its writes.
    pub fn mutate(&mut self, now: Time, function: FunctionPath, args: Arguments, auth: QueryAuth) -> RequestId {
        todo!()
    }

    /// Runs an action, at most once. [`Event::Response`] tells its outcome.
    pub fn act(&mut self, now: Time, function: FunctionPath, args: Arguments, auth: QueryAuth) -> RequestId {
        todo!()
    }

    /// Gives up on a request: it settles at once, as not sent or as of unknown outcome.
    pub fn cancel(&mut self, now: Time, request: RequestId) {
        todo!()
    }

    /// Tells what the identity provider says about who is signed in. `None`: there is no provider (the initial state).
    pub fn set_session(&mut self, now: Time, session: Option<Session>) {
        todo!()
    }

    /// Signs out, until the provider's session changes or [`reauthenticate`](Self::reauthenticate) is called.
    pub fn sign_out(&mut self, now: Time) {
        todo!()
    }

    /// Starts authentication anew from the provider's session.
    pub fn reauthenticate(&mut self, now: Time) {
        todo!()
    }

    /// Stops for good: every request fails with `message`, now and from now on.
    pub fn fail(&mut self, now: Time, message: impl Into<Arc<str>>) {
        todo!()
    }

    /// Closes the client: the socket is abandoned, every request settles.
    pub fn close(&mut self, now: Time) {
        todo!()
    }

    // ---- inputs ----

    /// Takes in something that happened.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        todo!()
    }

    // ---- outputs ----

    /// The next thing to do or tell. Drain it to `None` after every command and input.
    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }

    /// The next frame to send on the open socket, made of what is wanted now. Drain it to `None` once per turn of the event loop (in a
    /// browser: in a microtask), so that commands of one turn travel as one frame; then drain the events again.
    pub fn poll_transmit(&mut self, now: Time) -> Option<String> {
        todo!()
    }

    /// When [`Input::Timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Time> {
        todo!()
    }
}
