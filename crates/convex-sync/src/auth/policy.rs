//! The hold: what may leave for the server, and as whom. The one place where that is decided (auth
//! contract, rule 1).

use super::{Auth, AuthPolicy, state::State};
use crate::Token;

/// Who the server is to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    Nobody,
    /// It is not known yet, or the token is still to come.
    Pending,
    Person(&'a Token),
}

impl Auth {
    /// Who the server is to hold.
    pub(crate) fn wanted(&self) -> Wanted<'_> {
        match (&self.state, self.state.credential()) {
            (_, Some(credential)) => Wanted::Person(&credential.token),
            (State::Nobody(_) | State::Rejected(_), None) => Wanted::Nobody,
            (State::Undecided(_) | State::Person(_) | State::Stopped(_), None) => Wanted::Pending,
        }
    }

    /// Whether a mutation or action of this policy may be sent, behind the `Authenticate` of who is
    /// wanted.
    pub(crate) fn may_request(&self, policy: AuthPolicy) -> bool {
        match (policy, self.wanted()) {
            (AuthPolicy::Immediate, _) => true,
            // The app is anonymous, but the server may accept the token and run the request as the
            // user: it waits for the answer.
            (_, Wanted::Person(_)) => self.state.person().is_some(),
            (AuthPolicy::Settled, Wanted::Nobody) => true,
            (AuthPolicy::Required, Wanted::Nobody) | (_, Wanted::Pending) => false,
        }
    }

    /// Whether a query of this policy may be sent, behind the `Authenticate` of who is wanted:
    /// `Settled` ones do not wait for ever.
    pub(crate) fn may_query(&self, policy: AuthPolicy) -> bool {
        let too_long = || self.state.wait().is_some_and(|wait| wait.too_long);
        self.may_request(policy) || policy == AuthPolicy::Settled && (self.is_nobody() || too_long())
    }

    /// Whether it is known which identity to send requests under.
    pub(crate) fn is_settled(&self) -> bool {
        !matches!(self.wanted(), Wanted::Pending)
    }

    /// Whether it is settled that nobody is signed in: what is held is held for good.
    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self.state, State::Nobody(_) | State::Rejected(_))
    }

    /// Whether a token of this generation is still presented, or confirmed by now.
    pub(crate) fn holds(&self, generation: u64) -> bool {
        self.generation == generation && self.state.credential().is_some()
    }

    /// The generation of a token that is presented in the background, while the app is anonymous.
    pub(crate) fn presented(&self) -> Option<u64> {
        match &self.state {
            State::Rejected(rejected) => rejected.credential().map(|_| self.generation),
            _ => None,
        }
    }
}
