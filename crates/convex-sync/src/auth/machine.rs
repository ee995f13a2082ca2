//! The machine: one event leads to the next state and its effects.

use super::{
    AuthEvent, AuthState, Claims, KnownSession, PageIdentity, Subject, TokenError, UnauthenticatedReason,
    fetch::Fetches,
    rejected_tokens::RejectedTokens,
    session_tokens::SessionTokens,
    state::{RequestIdentity, State},
};
use crate::{Event, FetchId, context::Context, timer::Timer};

/// The authentication state of a client.
#[derive(Debug)]
pub(crate) struct Auth {
    pub(super) state: State,
    /// `None`: there is no provider.
    pub(super) session: Option<KnownSession>,
    /// Incremented with every identity change. Tokens and queries sent under an older generation
    /// are stale.
    pub(super) generation: u64,
    pub(super) fetches: Fetches,
    pub(super) rejected_tokens: RejectedTokens,
    pub(super) session_tokens: SessionTokens,
    /// The provider's cache may hold a token of an unknown session, so every later session begins
    /// with a forced fetch. A fetch was dropped while in flight, or it ran before the provider's
    /// first report, which was not the session that the page was rendered for.
    pub(super) distrusts_cache: bool,
}

/// The consequence of an event for earlier requests and results. The caller must act on it in the
/// same tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum IdentityChange {
    /// Requests and results are not affected.
    None,
    /// Auth has settled: no user is signed in.
    SettledAnonymous,
    /// A user signed in; the client was anonymous.
    AnonymousReplaced,
    /// The user's identity ended: another user or an anonymous client replaced it (rule 8).
    UserReplaced,
}

impl Auth {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Anonymous(UnauthenticatedReason::NoProvider),
            session: None,
            generation: 0,
            fetches: Fetches::default(),
            rejected_tokens: RejectedTokens::default(),
            session_tokens: SessionTokens::default(),
            distrusts_cache: false,
        }
    }

    // ---- getters ----

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the provider has reported a user or a sign-out.
    pub(crate) fn has_session(&self) -> bool {
        self.session.as_ref().is_some_and(KnownSession::is_definite)
    }

    /// Whether requests run as this identity, or will once a token is at hand.
    pub(crate) fn is_identity(&self, identity: PageIdentity) -> bool {
        match identity {
            PageIdentity::Anonymous => self.is_anonymous(),
            PageIdentity::User { session, subject } => {
                let key = self.session.as_ref().and_then(KnownSession::key_digest);
                let in_use = self.state.user().and_then(|user| user.phase.subject());
                key == Some(session) && in_use == Some(Subject(subject))
            }
        }
    }

    /// The state that the app sees.
    pub(crate) fn app_state(&self) -> AuthState {
        self.state.app_state()
    }

    /// The claims of the token in use.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        self.state.user()?.phase.credential()?.claims.as_ref()
    }

    /// Why no token is confirmed.
    pub(crate) fn problem(&self) -> Option<&TokenError> {
        self.state.user()?.problem()
    }

    // ---- events ----

    /// Handles an event. Its effects follow from the states before and after alone: fetches begin
    /// or are dropped, timers are armed, and the identity may change.
    pub(crate) fn handle(&mut self, cx: &mut Context<'_>, event: AuthEvent<'_>) -> IdentityChange {
        let (before, in_flight) = (self.state.identity(), self.state.fetch_in_flight());
        let answered = match event {
            AuthEvent::TokenFetched { fetch, .. } => Some(fetch),
            _ => None,
        };
        // If the transition panics, no request is sent under a wrong identity.
        let state = std::mem::replace(&mut self.state, State::Stopped(None));
        self.state = self.next(cx, state, event);
        self.emit_fetch_events(cx, in_flight.filter(|id| answered != Some(*id)));
        self.arm(cx);
        self.identity_change(before)
    }

    /// Emits the events for the fetches: drops the previous one and starts the current one, unless
    /// they are the same.
    fn emit_fetch_events(&mut self, cx: &mut Context<'_>, before: Option<FetchId>) {
        let now = self.state.fetch().and_then(|fetch| Some((fetch.in_flight()?, fetch.is_forced())));
        if now.map(|(fetch, _)| fetch) == before {
            return;
        }
        if let Some(fetch) = before {
            self.distrusts_cache = true;
            cx.events.push_back(Event::DropFetch { fetch });
        }
        if let Some((fetch, force)) = now {
            cx.events.push_back(Event::FetchToken { fetch, force });
        }
    }

    /// Arms the timers of the current state and disarms the others.
    fn arm(&self, cx: &mut Context<'_>) {
        let (fetch, credential) = (self.state.fetch(), self.state.credential());
        let in_use = self.state.user().and_then(|user| user.phase.credential());
        let idle = in_use.filter(|credential| credential.refresh.is_none());
        let patient = self.state.pending().filter(|pending| !pending.patience_ended);
        let deadlines = [
            (Timer::FetchTimeout, fetch.and_then(|fetch| fetch.times_out_at())),
            (Timer::FetchRetry, fetch.and_then(|fetch| fetch.starts_at())),
            (Timer::Refresh, idle.and_then(|credential| credential.refresh_at(cx))),
            (Timer::Expiry, credential.and_then(|credential| credential.expires_at(cx))),
            (Timer::Patience, patient.map(|pending| pending.since + cx.config.auth_patience)),
        ];
        for (timer, deadline) in deadlines {
            cx.timers.put(timer, deadline);
        }
    }

    /// Compares the identities before and after, and increments the generation if they differ.
    fn identity_change(&mut self, before: RequestIdentity) -> IdentityChange {
        let now = self.state.identity();
        // After a stop, the identity no longer changes.
        if now == before || now == RequestIdentity::Stopped {
            return IdentityChange::None;
        }
        // A token that was presented in the background belongs to this generation already.
        if now != (RequestIdentity::User { generation: self.generation }) {
            self.generation += 1;
        }
        match (before, now) {
            (RequestIdentity::User { .. }, _) => IdentityChange::UserReplaced,
            (RequestIdentity::Anonymous, _) => IdentityChange::AnonymousReplaced,
            (RequestIdentity::Unknown, RequestIdentity::Anonymous) => IdentityChange::SettledAnonymous,
            (RequestIdentity::Unknown | RequestIdentity::Stopped, _) => IdentityChange::None,
        }
    }
}
