//! What follows from what: the next state, from this one and an event. The table in the [module's
//! docs](super) has it at a glance.

use super::{
    Auth, AuthEvent, Claims, Credential, Session, TokenError, UnauthenticatedReason,
    fetch::Fetch,
    rejected::Rejected,
    rejections::Rejections,
    state::{Person, Phase, State, Wait},
    verdict::Verdict,
};
use crate::{Token, context::Context};
use std::sync::Arc;

impl Auth {
    pub(super) fn next(&mut self, cx: &mut Context<'_>, state: State, event: AuthEvent<'_>) -> State {
        match (event, state) {
            (_, State::Stopped(shown)) => State::Stopped(shown),
            (AuthEvent::Stop(message), state) => state.stop(message),
            (AuthEvent::Session(session), state) => self.hear_session(cx, state, session),
            (AuthEvent::SignOut, _) => State::Nobody(UnauthenticatedReason::SignedOutByApp),
            (AuthEvent::Reauthenticate, State::Nobody(_) | State::Rejected(_)) => {
                self.follow_session(cx, Wait::begin(cx.now), true)
            }
            (AuthEvent::PatienceEnded, state) => state.impatient(),
            (AuthEvent::Rejected { token, message }, state) => self.hear_rejection(cx, state, token, message),
            (event, State::Person(person)) => self.next_of_person(cx, person, event),
            (event, State::Rejected(rejected)) => self.next_of_rejected(cx, rejected, event),
            (_, state) => state,
        }
    }

    // ---- the session ----

    fn hear_session(&mut self, cx: &mut Context<'_>, state: State, session: Option<Session>) -> State {
        if self.session == session || (session == Some(Session::Loading) && self.session.is_some()) {
            return state;
        }
        let was_loading = std::mem::replace(&mut self.session, session) == Some(Session::Loading);
        let wait = match state {
            // The session that was loading when the app signed out: its name is news, but it is not
            // another session.
            State::Nobody(UnauthenticatedReason::SignedOutByApp)
                if was_loading && matches!(self.session, Some(Session::SignedIn { .. })) =>
            {
                return state;
            }
            State::Undecided(wait) => wait,
            _ => Wait::begin(cx.now),
        };
        // The token of a dropped fetch may still arrive in the provider's cache, or the provider
        // may share the fetch with this session.
        let force = self.has_dropped_fetch || state.fetch_in_flight().is_some();
        self.follow_session(cx, wait, force)
    }

    /// Wants whom the provider's session names. `force`: a cached token will not do.
    fn follow_session(&mut self, cx: &mut Context<'_>, wait: Wait, force: bool) -> State {
        match &self.session {
            None => State::Nobody(UnauthenticatedReason::NoProvider),
            Some(Session::SignedOut) => State::Nobody(UnauthenticatedReason::SignedOut),
            Some(Session::Loading) => State::Undecided(wait),
            Some(Session::SignedIn { .. }) => State::Person(Person {
                generation: self.generation + 1,
                rejections: None,
                used_until: None,
                phase: Phase::Awaiting { wait, known: None, fetch: self.fetches.begin(cx, force) },
            }),
        }
    }

    // ---- somebody ----

    fn next_of_person(&mut self, cx: &mut Context<'_>, mut person: Person, event: AuthEvent<'_>) -> State {
        match event {
            AuthEvent::Fetched { fetch, outcome } => {
                let awaited = person.phase.fetch().filter(|awaited| awaited.in_flight() == Some(fetch));
                if let Some(forced) = awaited.map(Fetch::is_forced) {
                    return self.hear_provider(cx, person, outcome, forced);
                }
            }
            AuthEvent::Confirmed(token) if person.uses(token) && !person.is_confirmed() => {
                person.rejections = None;
                return person.in_phase(Phase::confirmed);
            }
            AuthEvent::RanOut { token, message } if person.uses(token) => {
                return if person.is_confirmed() {
                    self.lose_token(cx, person)
                } else {
                    // There may be no better token: it counts as rejected, but it may come again.
                    self.count_current(cx, person, token, message.into())
                };
            }
            // By the client's clock it had expired before the server said so, and no token was
            // confirmed before it.
            AuthEvent::RanOut { token, message }
                if matches!(person.phase, Phase::Awaiting { .. }) && self.is_of_session(token) =>
            {
                return self.count_current(cx, person, token, message.into());
            }
            AuthEvent::Expired => return self.lose_token(cx, person),
            AuthEvent::Reauthenticate => {
                person.rejections = None;
                let fetch = self.fetches.restart(cx, person.phase.fetch());
                person.phase.set_fetch(fetch);
            }
            AuthEvent::RefreshDue => {
                let fetch = self.fetches.hurry(cx, person.phase.fetch());
                person.phase.set_fetch(fetch);
            }
            AuthEvent::ClockTold => {
                if let Some(credential) = person.phase.credential_mut() {
                    credential.trust_clock();
                }
            }
            AuthEvent::Woke => {
                if let Some(fetch) = person.phase.fetch_mut() {
                    self.fetches.retry_afresh(cx, fetch);
                }
            }
            AuthEvent::FetchDue => {
                if let Some(fetch) = person.phase.fetch_mut() {
                    self.fetches.retry(cx, fetch);
                }
            }
            AuthEvent::FetchTimedOut => {
                if let Some(fetch) = person.phase.fetch_mut() {
                    fetch.timed_out(cx);
                }
            }
            // Ignored: duplicates, reports about a superseded token (§4, line 8), events for other
            // states.
            AuthEvent::Confirmed(_)
            | AuthEvent::RanOut { .. }
            | AuthEvent::Rejected { .. }
            | AuthEvent::ConnectionLost
            | AuthEvent::PatienceEnded
            | AuthEvent::Session(_)
            | AuthEvent::SignOut
            | AuthEvent::Stop(_) => {}
        }
        State::Person(person)
    }

    /// The token in use has run out: writes wait for another.
    fn lose_token(&mut self, cx: &mut Context<'_>, person: Person) -> State {
        let fetch = self.fetches.hurry(cx, person.phase.fetch());
        person.in_phase(|phase| phase.without_token(fetch))
    }

    // ---- what the provider brings ----

    fn hear_provider(
        &mut self,
        cx: &mut Context<'_>,
        mut person: Person,
        outcome: Result<Option<Token>, TokenError>,
        forced: bool,
    ) -> State {
        let token = match outcome {
            Ok(None) => return State::Nobody(person.signed_out_reason()),
            Ok(Some(token)) => token,
            Err(problem) => return put_off(cx, person, problem),
        };
        let mut credential = Credential::new(token, cx.now);
        match self.judge(cx, person.phase.credential(), person.used_until, &credential, forced) {
            Verdict::Good => self.adopt(person, credential, cx),
            Verdict::GoodInSpiteOfTheClock => {
                credential.dispute_clock();
                self.adopt(person, credential, cx)
            }
            Verdict::InUse => {
                if let Some(current) = person.phase.credential_mut() {
                    current.come_again(cx.now);
                }
                State::Person(person)
            }
            Verdict::Rejected(message) => self.count_rejection(cx, person, None, credential.claims, message),
            Verdict::AskWithForce => {
                let fetch = self.fetches.hurry(cx, None);
                person.phase.set_fetch(fetch);
                State::Person(person)
            }
            Verdict::Useless(problem) => put_off(cx, person, TokenError::new(problem)),
        }
    }

    /// Uses a token from now on. One that speaks for another than the last is somebody else's.
    fn adopt(&mut self, mut person: Person, credential: Credential, cx: &Context<'_>) -> State {
        person.used_until = person.used_until.max(credential.expiry());
        let known = person.phase.known();
        if known.is_none_or(|known| known == credential.subject()) {
            return person.in_phase(|phase| phase.with_token(credential));
        }
        let wait = person.phase.wait().unwrap_or(Wait::begin(cx.now));
        let phase = Phase::Offered { wait, credential };
        State::Person(Person { generation: self.generation + 1, phase, ..person })
    }

    // ---- rejections ----

    /// The server rejected a token. One that has been replaced since does not count (§4, line 8),
    /// but it is not sent again either. One that has expired since counts: on a slow network, a
    /// short-lived token expires before its rejection arrives.
    fn hear_rejection(&mut self, cx: &mut Context<'_>, state: State, token: &Token, message: &str) -> State {
        let message = self.rejected_tokens.add(token, message);
        match state {
            State::Person(person) => {
                let counts = match person.phase.credential() {
                    Some(current) => current.token == *token,
                    None => self.is_of_session(token),
                };
                if counts {
                    return self.count_current(cx, person, token, message);
                }
                State::Person(person)
            }
            state => state,
        }
    }

    fn is_of_session(&self, token: &Token) -> bool {
        match &self.session {
            Some(Session::SignedIn { key }) => self.session_tokens.is_of(token, key),
            _ => false,
        }
    }

    /// Counts a rejection of the token in use, or of the last one if that has expired.
    fn count_current(
        &mut self,
        cx: &mut Context<'_>,
        person: Person,
        token: &Token,
        message: Arc<str>,
    ) -> State {
        let claims = Claims::read(token.expose());
        let refresh = person.phase.fetch().cloned();
        self.count_rejection(cx, person, refresh, claims, message)
    }

    /// Counts one more rejection. It ends the session, or another token is fetched: at once after
    /// the first, then with backoff. `current`: the fetch of the replacement that has begun
    /// already.
    fn count_rejection(
        &mut self,
        cx: &mut Context<'_>,
        mut person: Person,
        current: Option<Fetch>,
        claims: Option<Claims>,
        message: Arc<str>,
    ) -> State {
        let rejections = Rejections::add(person.rejections.take(), cx.now, message, claims);
        if rejections.end_session(cx) {
            return State::Rejected(Rejected::new(cx, rejections, person.used_until));
        }
        let fetch = match rejections.count {
            1 => self.fetches.hurry(cx, current.as_ref()).without_problem(),
            count => Fetch::after_rejection(cx, count - 2),
        };
        person.rejections = Some(rejections);
        person.in_phase(|phase| phase.without_token(fetch))
    }
}

/// The fetch brought nothing of use.
fn put_off(cx: &mut Context<'_>, mut person: Person, problem: TokenError) -> State {
    if let Some(fetch) = person.phase.fetch_mut() {
        fetch.failed(cx, problem);
    }
    State::Person(person)
}
