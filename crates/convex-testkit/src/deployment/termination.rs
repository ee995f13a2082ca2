//! How the server parts from a client: a last message, then the close frame.

use convex_sync_types::IdentityVersion;

use super::{ConnectionId, Deployment, Message, Output};

/// Why the server ends a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Termination {
    /// The last `Authenticate` was rejected.
    AuthUpdateFailed(String),
    /// The identity is no longer good.
    Unauthenticated(String),
    /// The client's mistake, which will not get better by trying again.
    BadRequest(String),
    /// Too much at once.
    RateLimited(&'static str),
    /// Anything the server did not expect.
    Internal,
}

impl Termination {
    fn final_message(&self, transitioned: IdentityVersion) -> Option<Message> {
        match self {
            Self::AuthUpdateFailed(error) => Some(auth_error(error, transitioned, true)),
            Self::Unauthenticated(error) => Some(auth_error(error, transitioned, false)),
            Self::BadRequest(error) => Some(Message::FatalError { error_message: error.clone() }),
            Self::RateLimited(_) | Self::Internal => None,
        }
    }

    /// Code and reason of the close frame.
    fn close(&self) -> (Option<u16>, &'static str) {
        match self {
            Self::AuthUpdateFailed(_) | Self::Unauthenticated(_) | Self::BadRequest(_) => (None, ""),
            Self::RateLimited(reason) => (Some(1013), reason),
            Self::Internal => (Some(1011), "InternalServerError"),
        }
    }
}

fn auth_error(error: &str, transitioned: IdentityVersion, update_attempted: bool) -> Message {
    Message::AuthError {
        error_message: error.to_owned(),
        base_version: Some(transitioned),
        auth_update_attempted: Some(update_attempted),
    }
}

impl Deployment {
    pub(super) fn terminate(&mut self, connection: ConnectionId, why: Termination) {
        let Some(state) = self.connections.get(&connection) else { return };
        if let Some(message) = why.final_message(state.transitioned.identity) {
            self.send(connection, message);
        }
        let (code, reason) = why.close();
        self.outputs.push_back(Output::Close { connection, code, reason: reason.to_owned() });
        self.forget(connection);
    }
}
