//! The transitions: the next state for a state and an event. The table in the [module's
//! docs](super) lists them all.

use super::{
    Auth, AuthEvent, Claims, Credential, KnownSession, PageIdentity, Session, Subject, TokenError,
    UnauthenticatedReason,
    fetch::Fetch,
    rejected_session::RejectedSession,
    rejections::RejectionStreak,
    session_tokens::SessionTokens,
    state::{PendingAuth, State, User, UserPhase},
    token_check::TokenCheck,
};
use crate::{Token, context::Context};
use std::sync::Arc;

impl Auth {
    pub(super) fn next(&mut self, cx: &mut Context<'_>, state: State, event: AuthEvent<'_>) -> State {
        match (event, state) {
            (_, State::Stopped(shown)) => State::Stopped(shown),
            (AuthEvent::Stop(message), state) => state.stop(message),
            (AuthEvent::SessionReported(session), state) => self.session_reported(cx, state, session),
            (AuthEvent::Presume(identity), state) => self.presume(cx, state, identity),
            (AuthEvent::SignOut, _) => State::Anonymous(UnauthenticatedReason::SignedOutByApp),
            (AuthEvent::Reauthenticate, State::Anonymous(_) | State::Rejected(_)) => {
                self.enter_session(cx, PendingAuth::new(cx.now), true)
            }
            (AuthEvent::PatienceEnded, state) => state.end_patience(),
            (AuthEvent::TokenRejected { token, message }, state) => {
                self.token_rejected(cx, state, token, message)
            }
            (event, State::User(user)) => self.next_of_user(cx, user, event),
            (event, State::Rejected(rejected)) => self.next_of_rejected(cx, rejected, event),
            (_, state) => state,
        }
    }

    // ---- the session ----

    fn session_reported(&mut self, cx: &mut Context<'_>, state: State, session: Option<Session>) -> State {
        let is_unchanged = match (&self.session, &session) {
            (None, None) | (Some(_), Some(Session::Loading)) => return state,
            (Some(known), Some(reported)) => known.is(reported),
            (None, Some(_)) | (Some(_), None) => false,
        };
        let is_signed_in = matches!(session, Some(Session::SignedIn { .. }));
        let before = std::mem::replace(&mut self.session, session.map(KnownSession::Reported));
        let is_first_report = before.as_ref().is_some_and(|before| !before.is_definite());
        if is_unchanged && is_first_report {
            // The provider is ready. Fetches may have failed because it was not.
            return self.next(cx, state, AuthEvent::Woke);
        }
        if is_unchanged {
            return state;
        }
        if let Some(KnownSession::Presumed(PageIdentity::User { .. })) = before {
            // Tokens that were fetched until now may be of the session that is reported only now.
            self.session_tokens = SessionTokens::default();
            self.distrusts_cache = true;
        }
        let pending = match state {
            // The session was loading when the app signed out. Its first report is not a change of
            // session, so the sign-out stands.
            State::Anonymous(UnauthenticatedReason::SignedOutByApp) if is_first_report && is_signed_in => {
                return state;
            }
            State::AwaitingSession(pending) => pending,
            _ => PendingAuth::new(cx.now),
        };
        // The token of a dropped fetch may still arrive in the provider's cache, or the provider
        // may share the fetch with the new session.
        let force = self.distrusts_cache || state.fetch_in_flight().is_some();
        self.enter_session(cx, pending, force)
    }

    /// The initial state for the session. `force`: a cached token must not be used.
    fn enter_session(&mut self, cx: &mut Context<'_>, pending: PendingAuth, force: bool) -> State {
        match &self.session {
            None => State::Anonymous(UnauthenticatedReason::NoProvider),
            Some(
                KnownSession::Reported(Session::SignedOut) | KnownSession::Presumed(PageIdentity::Anonymous),
            ) => State::Anonymous(UnauthenticatedReason::SignedOut),
            Some(KnownSession::Reported(Session::Loading)) => State::AwaitingSession(pending),
            Some(
                KnownSession::Reported(Session::SignedIn { .. })
                | KnownSession::Presumed(PageIdentity::User { .. }),
            ) => {
                let fetch = self.fetches.begin(cx, force);
                self.new_user(UserPhase::AwaitingToken { pending, subject: None, fetch })
            }
        }
    }

    fn new_user(&self, phase: UserPhase) -> State {
        State::User(User { generation: self.generation + 1, rejections: None, latest_expiry: None, phase })
    }

    /// The page was rendered as this identity (docs/auth.md, rule 15). Only a client that has had
    /// no identity and no provider takes it.
    fn presume(&mut self, cx: &mut Context<'_>, state: State, identity: PageIdentity) -> State {
        let is_new =
            self.generation == 0 && matches!(state, State::Anonymous(UnauthenticatedReason::NoProvider));
        if !is_new {
            return state;
        }
        self.session = Some(KnownSession::Presumed(identity));
        match identity {
            PageIdentity::Anonymous => State::Anonymous(UnauthenticatedReason::SignedOut),
            PageIdentity::User { subject, .. } => {
                let (subject, fetch) = (Subject(subject), self.fetches.begin(cx, false));
                self.new_user(UserPhase::Refreshing { subject, fetch, presumed: true })
            }
        }
    }

    /// The provider answered a fetch with "signed out". If it has not reported a session yet, its
    /// first report of a user is a change, even if the page was rendered for that session.
    pub(super) fn note_signed_out_by_fetch(&mut self) {
        if let Some(KnownSession::Presumed(identity)) = &mut self.session {
            *identity = PageIdentity::Anonymous;
        }
    }

    // ---- a signed-in user ----

    fn next_of_user(&mut self, cx: &mut Context<'_>, mut user: User, event: AuthEvent<'_>) -> State {
        match event {
            AuthEvent::TokenFetched { fetch, outcome } => {
                let awaited = user.phase.fetch().filter(|awaited| awaited.in_flight() == Some(fetch));
                if let Some(forced) = awaited.map(Fetch::is_forced) {
                    return self.token_fetched(cx, user, outcome, forced);
                }
            }
            AuthEvent::TokenConfirmed(token) if user.uses(token) && !user.is_confirmed() => {
                user.rejections = None;
                return user.with_phase(UserPhase::confirmed);
            }
            AuthEvent::ExpiryReported { token, message } if self.is_last_token(&user, token) => {
                return match user.phase {
                    UserPhase::Confirmed { .. } => self.token_expired(cx, user),
                    // Its replacement is being fetched already.
                    UserPhase::Refreshing { .. } => State::User(user),
                    // It counts as a rejection, but the token may be used again: the provider may
                    // have no better one.
                    _ => self.count_rejection_of(cx, user, token, message.into()),
                };
            }
            AuthEvent::ExpiryDue => return self.token_expired(cx, user),
            AuthEvent::Reauthenticate => {
                user.rejections = None;
                let fetch = self.fetches.restart(cx, user.phase.fetch());
                user.phase.set_fetch(fetch);
            }
            AuthEvent::RefreshDue => {
                let fetch = self.fetches.ensure_forced(cx, user.phase.fetch());
                user.phase.set_fetch(fetch);
            }
            AuthEvent::ClockReported => {
                if let Some(credential) = user.phase.credential_mut() {
                    credential.trust_clock();
                }
            }
            AuthEvent::Woke => {
                if let Some(fetch) = user.phase.fetch_mut() {
                    self.fetches.retry_with_reset(cx, fetch);
                }
            }
            AuthEvent::FetchDue => {
                if let Some(fetch) = user.phase.fetch_mut() {
                    self.fetches.retry(cx, fetch);
                }
            }
            AuthEvent::FetchTimedOut => {
                if let Some(fetch) = user.phase.fetch_mut() {
                    fetch.timed_out(cx);
                }
            }
            // Ignored: duplicates, reports about a superseded token (docs/auth.md §4, line 8),
            // events for other states.
            AuthEvent::TokenConfirmed(_)
            | AuthEvent::ExpiryReported { .. }
            | AuthEvent::TokenRejected { .. }
            | AuthEvent::ConnectionLost
            | AuthEvent::PatienceEnded
            | AuthEvent::SessionReported(_)
            | AuthEvent::Presume(_)
            | AuthEvent::SignOut
            | AuthEvent::Stop(_) => {}
        }
        State::User(user)
    }

    /// The token in use has expired. Requests are held back until its replacement is at hand.
    fn token_expired(&mut self, cx: &mut Context<'_>, user: User) -> State {
        let fetch = self.fetches.ensure_forced(cx, user.phase.fetch());
        user.with_phase(|phase| phase.without_token(fetch))
    }

    // ---- fetched tokens ----

    fn token_fetched(
        &mut self,
        cx: &mut Context<'_>,
        mut user: User,
        outcome: Result<Option<Token>, TokenError>,
        forced: bool,
    ) -> State {
        let token = match outcome {
            Ok(None) => {
                self.note_signed_out_by_fetch();
                return State::Anonymous(user.signed_out_reason());
            }
            Ok(Some(token)) => token,
            Err(problem) => return retry_later(cx, user, problem),
        };
        let mut credential = Credential::new(token, cx.now);
        match self.check_token(cx, user.phase.credential(), user.latest_expiry, &credential, forced) {
            TokenCheck::Usable => self.use_token(user, credential, cx),
            TokenCheck::UsableByServerClock => {
                credential.dispute_clock();
                self.use_token(user, credential, cx)
            }
            TokenCheck::InUse => {
                if let Some(current) = user.phase.credential_mut() {
                    current.fetched_again(cx.now);
                }
                State::User(user)
            }
            TokenCheck::Rejected(message) => self.count_rejection(cx, user, None, credential.claims, message),
            TokenCheck::ForceFetch => {
                let fetch = self.fetches.ensure_forced(cx, None);
                user.phase.set_fetch(fetch);
                State::User(user)
            }
            TokenCheck::Unusable(problem) => retry_later(cx, user, TokenError::new(problem)),
        }
    }

    /// Takes a token into use. If its subject differs from the last one, it belongs to another
    /// user.
    fn use_token(&mut self, mut user: User, credential: Credential, cx: &Context<'_>) -> State {
        user.latest_expiry = user.latest_expiry.max(credential.exp());
        let known = user.phase.subject();
        if known.is_none_or(|known| known == credential.subject()) {
            return user.with_phase(|phase| phase.with_token(credential));
        }
        let pending = user.phase.pending().unwrap_or(PendingAuth::new(cx.now));
        let phase = UserPhase::Unconfirmed { pending, credential };
        State::User(User { generation: self.generation + 1, phase, ..user })
    }

    // ---- rejections ----

    /// The server rejected a token. A token that has been replaced meanwhile does not count
    /// (docs/auth.md §4, line 8), but it is never sent again. A token that has expired meanwhile
    /// counts: on a slow network, a short-lived token expires before its rejection arrives.
    fn token_rejected(&mut self, cx: &mut Context<'_>, state: State, token: &Token, message: &str) -> State {
        let message = self.rejected_tokens.add(token, message);
        match state {
            State::User(user) if self.is_last_token(&user, token) => {
                self.count_rejection_of(cx, user, token, message)
            }
            state => state,
        }
    }

    /// Whether this is the token in use or, if that has expired, a token of this session.
    fn is_last_token(&self, user: &User, token: &Token) -> bool {
        match (user.phase.credential(), &self.session) {
            (Some(current), _) => current.token == *token,
            (None, Some(session)) => {
                session.key_digest().is_some_and(|key| self.session_tokens.contains(token, key))
            }
            (None, None) => false,
        }
    }

    /// Counts a rejection of the token in use, or of the last one if that has expired.
    fn count_rejection_of(
        &mut self,
        cx: &mut Context<'_>,
        user: User,
        token: &Token,
        message: Arc<str>,
    ) -> State {
        let claims = Claims::read(token.expose());
        let refresh = user.phase.fetch().cloned();
        self.count_rejection(cx, user, refresh, claims, message)
    }

    /// Counts one more rejection. Either it ends the session, or another token is fetched: at once
    /// after the first rejection, then with backoff. `current` is the fetch of the replacement if
    /// it has begun already.
    fn count_rejection(
        &mut self,
        cx: &mut Context<'_>,
        mut user: User,
        current: Option<Fetch>,
        claims: Option<Claims>,
        message: Arc<str>,
    ) -> State {
        let rejections = RejectionStreak::add(user.rejections.take(), cx.now, message, claims);
        if rejections.end_session(cx) {
            return State::Rejected(RejectedSession::new(cx, rejections, user.latest_expiry));
        }
        let fetch = match rejections.count {
            1 => self.fetches.ensure_forced(cx, current.as_ref()).without_problem(),
            count => Fetch::after_rejection(cx, count - 2),
        };
        user.rejections = Some(rejections);
        user.with_phase(|phase| phase.without_token(fetch))
    }
}

/// The fetch returned no usable token: the next one waits.
fn retry_later(cx: &mut Context<'_>, mut user: User, problem: TokenError) -> State {
    if let Some(fetch) = user.phase.fetch_mut() {
        fetch.failed(cx, problem);
    }
    State::User(user)
}
