//! The events of the authentication machine.

use super::{PageIdentity, Session};
use crate::{FetchId, Token, TokenError};
use std::sync::Arc;

/// An event that concerns authentication.
#[derive(Debug)]
pub(crate) enum AuthEvent<'a> {
    // ---- from the provider and the app ----
    /// The provider reports a session; `None`: there is no provider. Only a change has an effect,
    /// so that a repeated report does not undo a sign-out (docs/auth.md, rule 9). `Loading` after
    /// a definite report is ignored.
    SessionReported(Option<Session>),
    /// A web server rendered the page as this identity. Only a new client takes it (docs/auth.md,
    /// rule 15).
    Presume(PageIdentity),
    /// The app signed out.
    SignOut,
    /// The app restarts authentication from the provider's session.
    Reauthenticate,
    /// The page woke up: a postponed fetch starts at once.
    Woke,
    /// A fetch has ended.
    TokenFetched { fetch: FetchId, outcome: Result<Option<Token>, TokenError> },

    // ---- from the server ----
    /// The server confirmed this token.
    TokenConfirmed(&'a Token),
    /// The server rejected this token.
    TokenRejected { token: &'a Token, message: &'a str },
    /// The server reports that this token expired, before or after it was confirmed.
    ExpiryReported { token: &'a Token, message: &'a str },
    /// The server reported its clock.
    ClockReported,
    /// The connection was lost.
    ConnectionLost,

    // ---- from the timers ----
    /// The fetch in flight timed out.
    FetchTimedOut,
    /// The postponed fetch is due.
    FetchDue,
    /// The refresh of the token in use is due.
    RefreshDue,
    /// The token in use has expired, and no replacement has been fetched.
    ExpiryDue,
    /// `auth_patience` has passed, and auth has not settled.
    PatienceEnded,

    /// The client stops, for this reason.
    Stop(Arc<str>),
}
