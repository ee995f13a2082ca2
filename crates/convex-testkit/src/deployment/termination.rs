//! How the server ends a connection: a last message, then the close frame.

use convex_sync_types::IdentityVersion;

use super::{ConnectionId, Deployment, OutgoingMessage, Output};
use crate::{
    error_class::{ErrorClass, LastMessage},
    rejection::Rejection,
};

/// Why the server ends a connection: one of the errors that it also has over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Termination {
    class: ErrorClass,
    /// The short code: the reason of a close frame that has a code.
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

    /// The client has too many requests pending.
    pub fn rate_limited(code: &str) -> Self {
        Self::new(ErrorClass::RateLimited, code, "")
    }

    /// An unexpected error of the server.
    pub fn internal() -> Self {
        Self::new(ErrorClass::Internal, "InternalServerError", "")
    }

    fn new(class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Self { class, code: code.to_owned(), message: message.into() }
    }

    fn last_message(&self, transitioned: IdentityVersion) -> Option<OutgoingMessage> {
        Some(match self.class.last_message()? {
            LastMessage::AuthError { update_attempted } => OutgoingMessage::AuthError {
                error_message: self.message.clone(),
                base_version: Some(transitioned),
                auth_update_attempted: Some(update_attempted),
            },
            LastMessage::FatalError => OutgoingMessage::FatalError { error_message: self.message.clone() },
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
    /// The termination of a connection after a rejected `Authenticate`.
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
