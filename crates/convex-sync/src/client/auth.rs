//! Session commands, and what identity changes mean for queries and requests.

use super::SyncClient;
use crate::{
    AuthPolicy, ConvexError, NotSentReason, Session, Time,
    auth::{AuthEvent, IdentityChange},
    connection::{LostBy, SocketState},
};

impl SyncClient {
    /// Reports the identity provider's session. `None`: there is no provider (the initial state).
    ///
    /// Only a change has an effect. [`Session::Loading`] after `SignedOut`, `SignedIn` or
    /// [`presume`](Self::presume) is ignored: a provider that checks again must not blank the page.
    pub fn set_session(&mut self, now: Time, session: Option<Session>) {
        self.authenticate(now, AuthEvent::SessionReported(session));
    }

    /// Reports the session of a provider that replaces the current one
    /// ([`Providers`](crate::Providers) decides when). Unlike with
    /// [`set_session`](Self::set_session), [`Session::Loading`] ends the session that the previous
    /// provider reported. Nothing changes if both report the same session.
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
            self.handle_auth_event(now, AuthEvent::SessionReported(None));
        }
        self.set_session(now, Some(session));
    }

    /// Signs out until the provider's session changes or [`reauthenticate`](Self::reauthenticate)
    /// is called. When it returns, the user's results are cleared, and none of their requests will
    /// be sent. It also works offline.
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

    /// Restarts authentication from the provider's session, with a forced token fetch.
    pub fn reauthenticate(&mut self, now: Time) {
        self.authenticate(now, AuthEvent::Reauthenticate);
    }

    pub(super) fn authenticate(&mut self, now: Time, event: AuthEvent<'_>) {
        if self.connection.stopped().is_none() {
            self.handle_auth_event(now, event);
            self.settle_one_shots();
            self.publish(now);
        }
    }

    /// Passes an event to the auth machine, and applies the identity change that results in the
    /// same tick (docs/auth.md, rule 8).
    pub(super) fn handle_auth_event(&mut self, now: Time, event: AuthEvent<'_>) {
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
                let one_shots = self.fail_one_shots(|policy| policy == AuthPolicy::Required, &error);
                (self.requests.fail_required(), one_shots)
            }
            IdentityChange::AnonymousReplaced => {
                let applies_to = |policy| policy != AuthPolicy::Immediate;
                (
                    self.requests.anonymous_replaced(),
                    self.fail_one_shots(applies_to, &ConvexError::IdentityChanged),
                )
            }
            IdentityChange::UserReplaced => {
                let one_shots = self.fail_one_shots(|_| true, &ConvexError::IdentityChanged);
                (self.requests.user_replaced(), one_shots)
            }
        };
        outcomes.extend(one_shots);
        let mut changed = Vec::new();
        if change == IdentityChange::UserReplaced {
            self.identity_changes += 1;
            // First, so that pages without subscribers are removed, too.
            self.pagination.start_over(&mut self.queries);
            changed = self.queries.clear_results();
        }
        self.respond_with(changed, outcomes);
    }

    /// A token was presented while the app was anonymous, and is no longer wanted. The server may
    /// have accepted it, and its next transition may contain that user's results. Only a new socket
    /// certainly receives none of them.
    fn abandon_presented(&mut self, now: Time) {
        if self.connection.socket_state().is_some_and(SocketState::sent_user) {
            self.lose_connection(now, LostBy::Client, "AuthAbandoned");
        }
    }
}
