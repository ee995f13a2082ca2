//! Classes of server errors: each decides the last message, the close frame and the HTTP status.
//!
//! Source: the Convex backend of August 2026 (`docs/protocol.md`, §9.5).

/// The class of an error that a deployment reports instead of a function's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    /// The last `Authenticate` was rejected.
    AuthUpdateFailed,
    /// The caller's identity is not accepted, or no longer.
    Unauthenticated,
    /// The client is at fault and must not retry.
    BadRequest,
    /// The caller may not do this.
    Forbidden,
    /// The object does not exist.
    NotFound,
    /// The client sent too many requests.
    RateLimited,
    /// The server is overloaded.
    Overloaded,
    /// The request reached the wrong server.
    MisdirectedRequest,
    /// The server does not accept early data.
    TooEarly,
    /// An error that the server did not expect.
    Internal,
}

/// The last message before the close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastMessage {
    AuthError { update_attempted: bool },
    FatalError,
}

impl ErrorClass {
    /// The class of the error that another service reported with this HTTP status; `None` if the
    /// status is not an error.
    pub(crate) fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            421 => Self::MisdirectedRequest,
            425 => Self::TooEarly,
            429 => Self::RateLimited,
            400..=499 => Self::BadRequest,
            500..=599 => Self::Overloaded,
            _ => return None,
        })
    }

    /// The last message to a WebSocket client before the close frame.
    pub(crate) fn last_message(self) -> Option<LastMessage> {
        match self {
            Self::AuthUpdateFailed => Some(LastMessage::AuthError { update_attempted: true }),
            Self::Unauthenticated => Some(LastMessage::AuthError { update_attempted: false }),
            Self::BadRequest | Self::Forbidden => Some(LastMessage::FatalError),
            _ => None,
        }
    }

    /// The code of the close frame; without one, a browser reports 1005.
    pub(crate) fn close_code(self) -> Option<u16> {
        match self {
            Self::AuthUpdateFailed | Self::Unauthenticated | Self::BadRequest => None,
            Self::Forbidden | Self::NotFound => Some(1000),
            Self::RateLimited | Self::Overloaded | Self::MisdirectedRequest | Self::TooEarly => Some(1013),
            Self::Internal => Some(1011),
        }
    }

    /// The status of an HTTP response.
    pub(crate) fn http_status(self) -> u16 {
        match self {
            Self::AuthUpdateFailed | Self::Unauthenticated => 401,
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::RateLimited => 429,
            Self::Overloaded => 503,
            Self::MisdirectedRequest => 421,
            Self::TooEarly => 425,
            Self::Internal => 500,
        }
    }
}
