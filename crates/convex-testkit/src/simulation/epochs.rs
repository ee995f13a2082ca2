//! The identity that requests are sent under, as the app and the provider determine it.
//!
//! An epoch is the time between two identity changes. Each epoch has a number, and tokens carry the
//! number of theirs, so that results and executions can be matched with the epoch of the request.

use convex_sync::Session;

/// The identity that the client should send requests under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedIdentity {
    /// No user is signed in.
    Anonymous,
    /// The provider has not reported a session yet.
    Undecided,
    /// A user is signed in.
    User,
}

impl WantedIdentity {
    /// The identity of a client that follows a provider with this session.
    pub(super) fn of(session: &Session) -> Self {
        match session {
            Session::Loading => Self::Undecided,
            Session::SignedOut => Self::Anonymous,
            Session::SignedIn { .. } => Self::User,
        }
    }
}

/// Every epoch so far. Requests of one epoch must not run, and results must not be shown, under the
/// identity of another.
#[derive(Debug)]
pub(super) struct Epochs(Vec<WantedIdentity>);

impl Epochs {
    pub(super) fn new() -> Self {
        Self(vec![WantedIdentity::Anonymous])
    }

    /// The number of the current epoch.
    pub(super) fn current(&self) -> u64 {
        self.0.len() as u64 - 1
    }

    /// The identity of the current epoch.
    pub(super) fn identity(&self) -> WantedIdentity {
        self.0[self.0.len() - 1]
    }

    /// The identity of an epoch, once it was decided.
    pub(super) fn identity_in(&self, epoch: u64) -> WantedIdentity {
        self.0[epoch as usize]
    }

    /// Uses up the next number without a change of the identity. It was reserved for resuming a
    /// rejected session.
    pub(super) fn skip(&mut self) {
        self.0.push(self.identity());
    }

    /// The identity changes. An undecided epoch becomes the epoch of the new identity: its requests
    /// belong to that identity.
    pub(super) fn begin(&mut self, identity: WantedIdentity) {
        match self.0.last_mut() {
            Some(last @ WantedIdentity::Undecided) => *last = identity,
            Some(WantedIdentity::Anonymous) if identity == WantedIdentity::Anonymous => {}
            _ => self.0.push(identity),
        }
    }
}
