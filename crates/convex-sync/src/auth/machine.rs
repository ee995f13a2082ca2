//! A step of the machine, and what the world has to do about it.

use super::{
    AuthEvent, AuthState, Claims, Session, TokenError, UnauthenticatedReason,
    fetch::Fetches,
    rejected_tokens::RejectedTokens,
    session_tokens::SessionTokens,
    state::{Asking, State},
};
use crate::{Event, FetchId, context::Context, timer::Timer};

/// Who is wanted, and what is done about it.
#[derive(Debug)]
pub(crate) struct Auth {
    pub(super) state: State,
    /// What the provider last said for certain; its `Loading` after that says nothing new.
    pub(super) session: Option<Session>,
    /// Raised whenever somebody else is wanted. What an identity on a connection was born in tells
    /// whether it still holds.
    pub(super) generation: u64,
    pub(super) fetches: Fetches,
    pub(super) rejected_tokens: RejectedTokens,
    pub(super) session_tokens: SessionTokens,
    /// A fetch was dropped before it ended. Its token is unknown, and a provider's cache may hold
    /// it.
    pub(super) has_dropped_fetch: bool,
}

/// What a step means for what was asked before it. It must be acted on in the same tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Boundary {
    /// Nothing.
    None,
    /// It is settled now that nobody is signed in.
    SettledAsNobody,
    /// Somebody takes the place of nobody.
    NobodyLeft,
    /// The person is no longer the one who is asking: the wall of rule 8.
    PersonLeft,
}

impl Auth {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Nobody(UnauthenticatedReason::NoProvider),
            session: None,
            generation: 0,
            fetches: Fetches::default(),
            rejected_tokens: RejectedTokens::default(),
            session_tokens: SessionTokens::default(),
            has_dropped_fetch: false,
        }
    }

    // ---- getters ----

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the provider has reported a user or a sign-out.
    pub(crate) fn has_session(&self) -> bool {
        self.session.as_ref().is_some_and(|session| *session != Session::Loading)
    }

    /// What the app is to be shown.
    pub(crate) fn shown(&self) -> AuthState {
        self.state.shown()
    }

    /// What the token in use says about itself.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        self.state.person()?.phase.credential()?.claims.as_ref()
    }

    /// Why there is no confirmed token.
    pub(crate) fn problem(&self) -> Option<&TokenError> {
        self.state.person()?.problem()
    }

    // ---- a step ----

    /// Takes a step. What the world has to do about it follows from the states before and after
    /// alone: fetches begin and are dropped, timers are armed, a wall comes down.
    pub(crate) fn handle(&mut self, cx: &mut Context<'_>, event: AuthEvent<'_>) -> Boundary {
        let (asked, in_flight) = (self.state.asking(), self.state.fetch_in_flight());
        let answered = match event {
            AuthEvent::Fetched { fetch, .. } => Some(fetch),
            _ => None,
        };
        // Whatever comes of a step that never ends, it is not a wrong identity.
        let state = std::mem::replace(&mut self.state, State::Stopped(None));
        self.state = self.next(cx, state, event);
        self.tell_fetches(cx, in_flight.filter(|id| answered != Some(*id)));
        self.arm(cx);
        self.wall(asked)
    }

    /// Has the fetch of this state made, and the one of the state before dropped unless it is the
    /// same.
    fn tell_fetches(&mut self, cx: &mut Context<'_>, before: Option<FetchId>) {
        let now = self.state.fetch().and_then(|fetch| Some((fetch.in_flight()?, fetch.is_forced())));
        if now.map(|(fetch, _)| fetch) == before {
            return;
        }
        if let Some(fetch) = before {
            self.has_dropped_fetch = true;
            cx.events.push_back(Event::DropFetch { fetch });
        }
        if let Some((fetch, force)) = now {
            cx.events.push_back(Event::FetchToken { fetch, force });
        }
    }

    /// Arms what this state waits for, and nothing else.
    fn arm(&self, cx: &mut Context<'_>) {
        let (fetch, credential) = (self.state.fetch(), self.state.credential());
        let in_use = self.state.person().and_then(|person| person.phase.credential());
        let idle = in_use.filter(|credential| credential.refresh.is_none());
        let impatient = self.state.wait().filter(|wait| !wait.too_long);
        let deadlines = [
            (Timer::FetchTimeout, fetch.and_then(|fetch| fetch.fails_at())),
            (Timer::FetchRetry, fetch.and_then(|fetch| fetch.begins_at())),
            (Timer::Refresh, idle.and_then(|credential| credential.refresh_at(cx))),
            (Timer::Expiry, credential.and_then(|credential| credential.expires_at(cx))),
            (Timer::Patience, impatient.map(|wait| wait.since + cx.config.auth_patience)),
        ];
        for (timer, deadline) in deadlines {
            cx.timers.put(timer, deadline);
        }
    }

    /// Brings the wall down where somebody else is asking now.
    fn wall(&mut self, before: Asking) -> Boundary {
        let now = self.state.asking();
        // Once the client has stopped, the identity no longer changes: what is shown stays.
        if now == before || now == Asking::Stopped {
            return Boundary::None;
        }
        // A token that was presented in the background belongs to this generation already.
        if now != (Asking::Person { generation: self.generation }) {
            self.generation += 1;
        }
        match (before, now) {
            (Asking::Person { .. }, _) => Boundary::PersonLeft,
            (Asking::Nobody, _) => Boundary::NobodyLeft,
            (Asking::Undecided, Asking::Nobody) => Boundary::SettledAsNobody,
            (Asking::Undecided | Asking::Stopped, _) => Boundary::None,
        }
    }
}
