//! What the machine hears.

use super::Session;
use crate::{FetchId, Token, TokenError};
use std::sync::Arc;

/// Something that happened, as far as it concerns authentication.
#[derive(Debug)]
pub(crate) enum AuthEvent<'a> {
    // ---- from the provider and the app ----
    /// The provider's word on who is signed in; `None` where there is no provider. Only a change of
    /// it has any effect, so that a session still standing does not undo a sign-out (auth contract,
    /// rule 9); `Loading` after a definite word is none.
    SessionReported(Option<Session>),
    /// The app signs out, whatever the provider says.
    SignOut,
    /// The app starts anew from what the provider last said.
    Reauthenticate,
    /// The page woke up: whatever was put off is tried at once.
    Woke,
    /// The answer to a fetch.
    TokenFetched { fetch: FetchId, outcome: Result<Option<Token>, TokenError> },

    // ---- from the server ----
    /// It accepted this token.
    TokenConfirmed(&'a Token),
    /// It rejected this token.
    TokenRejected { token: &'a Token, message: &'a str },
    /// It let this token run out, which it had accepted or was about to.
    ExpiryReported { token: &'a Token, message: &'a str },
    /// It has told its clock.
    ClockReported,
    /// The connection is lost, for whatever reason.
    ConnectionLost,

    // ---- from the timers ----
    /// The fetch under way took too long.
    FetchTimedOut,
    /// The fetch that was put off is to begin.
    FetchDue,
    /// The token in use is to be replaced.
    RefreshDue,
    /// The token in use has run out, and no other has come in time.
    ExpiryDue,
    /// Who is asking is still not known.
    PatienceEnded,

    /// The client stops, and why.
    Stop(Arc<str>),
}
