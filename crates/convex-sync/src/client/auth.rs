//! The session of the client's user, and what its changes mean for queries and requests.

use super::SyncClient;
use crate::{
    AuthPolicy, ConvexError, NotSentReason, Session, Time,
    auth::{AuthEvent, IdentityChange},
    connection::{LostBy, SocketState},
};

impl SyncClient {
    /// Tells what the identity provider says about who is signed in. `None`: there is no provider
    /// (the initial state).
    ///
    /// Only a change has an effect. [`Session::Loading`] after a definite word has none: what the
    /// provider said last stands until it says something else, so that a provider that looks again
    /// does not blank the page.
    pub fn set_session(&mut self, now: Time, session: Option<Session>) {
        self.authenticate(now, AuthEvent::SessionReported(session));
    }

    /// Takes the session of another provider, which replaces the one before
    /// ([`Providers`](crate::Providers) decides when). Like [`set_session`](Self::set_session), but
    /// its [`Session::Loading`] ends the session of the one before. Nothing changes if both report
    /// the same session.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// client.set_session(Time::ZERO, Some(Session::signed_in("ada")));
    /// client.switch_provider(Time::ZERO, Session::Loading);
    /// assert!(matches!(client.auth(), AuthState::Loading { waiting_for: WaitingFor::Provider, .. }));
    /// ```
    pub fn switch_provider(&mut self, now: Time, session: Session) {
        if session == Session::Loading && self.auth.has_session() {
            self.step_auth(now, AuthEvent::SessionReported(None));
        }
        self.set_session(now, Some(session));
    }

    /// Signs out, until the provider's session changes or [`reauthenticate`](Self::reauthenticate)
    /// is called. It holds offline, too: no request of the person leaves from now on, and their
    /// results are gone when this returns.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// client.set_session(Time::ZERO, Some(Session::signed_in("login_1")));
    /// client.sign_out(Time::ZERO);
    /// let reason = UnauthenticatedReason::SignedOutByApp;
    /// assert_eq!(*client.auth(), AuthState::Unauthenticated { reason });
    ///
    /// client.reauthenticate(Time::ZERO);
    /// assert!(matches!(client.auth(), AuthState::Loading { waiting_for: WaitingFor::Token, .. }));
    /// ```
    pub fn sign_out(&mut self, now: Time) {
        self.authenticate(now, AuthEvent::SignOut);
    }

    /// Starts authentication anew from the provider's session, with a forced token fetch.
    pub fn reauthenticate(&mut self, now: Time) {
        self.authenticate(now, AuthEvent::Reauthenticate);
    }

    fn authenticate(&mut self, now: Time, event: AuthEvent<'_>) {
        if self.connection.stopped().is_none() {
            self.step_auth(now, event);
            self.answer_one_shots();
            self.publish(now);
        }
    }

    /// Takes a step of the auth machine and, in the same tick, the identity change that follows
    /// from it (auth contract, rule 8).
    pub(super) fn step_auth(&mut self, now: Time, event: AuthEvent<'_>) {
        let (auth, _, mut cx) = self.parts(now);
        let presented = auth.presented_generation();
        let change = auth.handle(&mut cx, event);
        if presented.is_some_and(|generation| !self.auth.has_token_of(generation)) {
            self.abandon_presented(now);
        }
        let (mut outcomes, one_shots) = match change {
            IdentityChange::None => return,
            IdentityChange::SettledAnonymous => {
                let error = ConvexError::NotSent(NotSentReason::Unauthenticated);
                let one_shots = self.end_one_shots(|policy| policy == AuthPolicy::Required, &error);
                (self.requests.fail_required(), one_shots)
            }
            IdentityChange::AnonymousReplaced => {
                let applies_to = |policy| policy != AuthPolicy::Immediate;
                (
                    self.requests.anonymous_replaced(),
                    self.end_one_shots(applies_to, &ConvexError::IdentityChanged),
                )
            }
            IdentityChange::UserReplaced => {
                let one_shots = self.end_one_shots(|_| true, &ConvexError::IdentityChanged);
                (self.requests.user_replaced(), one_shots)
            }
        };
        outcomes.extend(one_shots);
        let mut changed = Vec::new();
        if change == IdentityChange::UserReplaced {
            self.identity_changes += 1;
            // First, so that nothing stays of pages without subscribers.
            self.pagination.start_over(&mut self.queries);
            changed = self.queries.clear_results();
        }
        self.respond_with(changed, outcomes);
    }

    /// A token was presented while the app is anonymous, and is not wanted any more. The server may
    /// have accepted it, and its next transition may hold that user's results: only a new socket is
    /// certain to bring none of them.
    fn abandon_presented(&mut self, now: Time) {
        if self.connection.socket_state().is_some_and(SocketState::sent_user) {
            self.lose_connection(now, LostBy::Client, "AuthAbandoned");
        }
    }
}
