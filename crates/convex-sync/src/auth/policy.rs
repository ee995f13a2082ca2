//! The policies: which requests may be sent, and under which identity (docs/auth.md, rule 1). Only
//! this module decides it.

use super::{Auth, AuthPolicy, state::State};
use crate::Token;

/// The identity that the server should have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WantedIdentity<'a> {
    Anonymous,
    /// The session is not known yet, or no token is at hand.
    Pending,
    User(&'a Token),
}

impl Auth {
    /// The identity that the server should have.
    pub(crate) fn wanted_identity(&self) -> WantedIdentity<'_> {
        match (&self.state, self.state.credential()) {
            (_, Some(credential)) => WantedIdentity::User(&credential.token),
            (State::Anonymous(_) | State::Rejected(_), None) => WantedIdentity::Anonymous,
            (State::AwaitingSession(_) | State::User(_) | State::Stopped(_), None) => WantedIdentity::Pending,
        }
    }

    /// Whether a mutation or action with this policy may be sent, after the `Authenticate` of the
    /// wanted identity.
    pub(crate) fn may_request(&self, policy: AuthPolicy) -> bool {
        match (policy, self.wanted_identity()) {
            (AuthPolicy::Immediate, _) => true,
            // If the app is anonymous, the server may still accept the presented token and run the
            // request as that user: the request waits for the server's reply.
            (_, WantedIdentity::User(_)) => self.state.user().is_some(),
            (AuthPolicy::Settled, WantedIdentity::Anonymous) => true,
            (AuthPolicy::Required, WantedIdentity::Anonymous) | (_, WantedIdentity::Pending) => false,
        }
    }

    /// Whether a query with this policy may be sent, after the `Authenticate` of the wanted
    /// identity. Unlike a request, a `Settled` query waits no longer than `auth_patience`.
    pub(crate) fn may_query(&self, policy: AuthPolicy) -> bool {
        let patience_ended = || self.state.pending().is_some_and(|pending| pending.patience_ended);
        self.may_request(policy) || policy == AuthPolicy::Settled && (self.is_anonymous() || patience_ended())
    }

    /// Whether auth has settled.
    pub(crate) fn is_settled(&self) -> bool {
        !matches!(self.wanted_identity(), WantedIdentity::Pending)
    }

    /// Whether auth has settled without a user. Requests that are still held back are never sent
    /// then.
    pub(crate) fn is_anonymous(&self) -> bool {
        matches!(self.state, State::Anonymous(_) | State::Rejected(_))
    }

    /// Whether the token of this generation is still presented, or has been confirmed.
    pub(crate) fn has_token_of(&self, generation: u64) -> bool {
        self.generation == generation && self.state.credential().is_some()
    }

    /// The generation of the token that is presented in the background while the app is anonymous.
    pub(crate) fn presented_generation(&self) -> Option<u64> {
        match &self.state {
            State::Rejected(rejected) => rejected.credential().map(|_| self.generation),
            _ => None,
        }
    }
}
