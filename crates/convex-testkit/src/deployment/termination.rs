//! How the server parts from a client: a last message, then the close frame.

use convex_sync_types::IdentityVersion;

use super::{ConnectionId, Deployment, Message, Output};
use crate::{
    error_class::{ErrorClass, LastMessage},
    rejection::Rejection,
};

/// Why the server ends a connection: an error, as it has them over HTTP too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Termination {
    class: ErrorClass,
    /// The short code, which is the reason of a close frame with a code.
    code: String,
    /// The text of the last message.
    message: String,
}

impl Termination {
    /// The client is at fault, and must not retry.
    pub fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::BadRequest, code, message)
    }

    /// The identity is no longer accepted.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Unauthenticated, Rejection::IdentityExpired.code(), message)
    }

    /// The client has too much pending.
    pub fn rate_limited(code: &str) -> Self {
        Self::new(ErrorClass::RateLimited, code, "")
    }

    /// An error that the server did not expect.
    pub fn internal() -> Self {
        Self::new(ErrorClass::Internal, "InternalServerError", "")
    }

    fn new(class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Self { class, code: code.to_owned(), message: message.into() }
    }

    fn last_message(&self, transitioned: IdentityVersion) -> Option<Message> {
        Some(match self.class.last_message()? {
            LastMessage::AuthError { update_attempted } => Message::AuthError {
                error_message: self.message.clone(),
                base_version: Some(transitioned),
                auth_update_attempted: Some(update_attempted),
            },
            LastMessage::FatalError => Message::FatalError { error_message: self.message.clone() },
        })
    }

    /// Code and reason of the close frame.
    fn close(self) -> (Option<u16>, String) {
        match self.class.close_code() {
            Some(code) => (Some(code), self.code),
            None => (None, String::new()),
        }
    }
}

impl Deployment {
    /// Ends a connection whose `Authenticate` was answered with this.
    pub(super) fn rejected(&self, rejection: &Rejection) -> Termination {
        Termination::new(rejection.class_of_update(), rejection.code(), rejection.text(self.backend.redacts))
    }

    pub(super) fn terminate(&mut self, connection: ConnectionId, why: Termination) {
        let Some(state) = self.connections.get(&connection) else { return };
        if let Some(message) = why.last_message(state.transitioned.identity) {
            self.send(connection, message);
        }
        let (code, reason) = why.close();
        self.outputs.push_back(Output::Close { connection, code, reason });
        self.forget(connection);
    }
}
