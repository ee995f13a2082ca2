//! The machine itself: what the provider, the server and the app say, and what follows.

use super::{
    AuthState, Claims, Credential, QueryAuth, Session, TokenError, UnauthenticatedReason, WaitingFor,
    fetch::{Attempt, FetchIds},
    person::{Person, Standing, Wait},
};
use crate::{FetchId, Token, context::Context, timer::Timer};
use std::{collections::VecDeque, sync::Arc};

/// How many rejections in a row end a session (auth contract, rule 5).
const MAX_REJECTIONS: u32 = 3;

/// How many rejected tokens are remembered: more than one session's worth.
const REMEMBERED_REJECTIONS: usize = 8;

/// Who is wanted, and what is done about it.
#[derive(Debug)]
pub(crate) struct Auth {
    state: State,
    /// What the provider last said for certain; its `Loading` after that says nothing new.
    session: Option<Session>,
    /// Raised whenever somebody else is wanted. What an identity on a connection was born in tells whether it still holds.
    generation: u64,
    fetch_ids: FetchIds,
    /// The last tokens the server rejected, with its words: none of them is ever sent again.
    rejected: VecDeque<(Token, Arc<str>)>,
}

#[derive(Debug)]
enum State {
    Nobody(UnauthenticatedReason),
    Unknown(Wait),
    Person(Person),
}

/// Who the server is to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    Nobody,
    /// It is not known yet, or the token is still to come.
    Pending,
    Person(&'a Token),
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
            fetch_ids: FetchIds::default(),
            rejected: VecDeque::new(),
        }
    }

    // ---- getters ----

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn wanted(&self) -> Wanted<'_> {
        match &self.state {
            State::Nobody(_) => Wanted::Nobody,
            State::Person(Person { credential: Some(credential), .. }) => Wanted::Person(&credential.token),
            State::Person(_) | State::Unknown(_) => Wanted::Pending,
        }
    }

    /// What the token in use says about itself.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        match &self.state {
            State::Person(person) => person.credential.as_ref()?.claims.as_ref(),
            State::Nobody(_) | State::Unknown(_) => None,
        }
    }

    /// Why the last token fetch brought none.
    pub(crate) fn problem(&self) -> Option<&TokenError> {
        match &self.state {
            State::Person(person) => person.problem.as_ref(),
            State::Nobody(_) | State::Unknown(_) => None,
        }
    }

    /// What the app is to be shown.
    pub(crate) fn shown(&self) -> AuthState {
        match &self.state {
            State::Nobody(reason) => AuthState::Unauthenticated { reason: reason.clone() },
            State::Unknown(wait) => {
                AuthState::Loading { waiting_for: WaitingFor::Provider, since: wait.since }
            }
            State::Person(person) => match person.standing {
                Standing::Unconfirmed(Wait { since, .. }) => {
                    let waiting_for =
                        if person.credential.is_some() { WaitingFor::Server } else { WaitingFor::Token };
                    AuthState::Loading { waiting_for, since }
                }
                Standing::Confirmed => AuthState::Authenticated { refreshing: false },
                Standing::InDoubt => AuthState::Authenticated { refreshing: true },
            },
        }
    }

    /// The hold: whether a query of this policy may be sent, behind the `Authenticate` of who is wanted.
    pub(crate) fn may_query(&self, policy: QueryAuth) -> bool {
        let impatient = || self.wait().is_some_and(|wait| wait.too_long);
        self.may_request(policy) || policy == QueryAuth::Settled && impatient()
    }

    /// The hold: whether a mutation or action of this policy may be sent, behind the `Authenticate` of who is wanted.
    pub(crate) fn may_request(&self, policy: QueryAuth) -> bool {
        match (policy, self.wanted()) {
            (QueryAuth::Immediate, _) | (_, Wanted::Person(_)) => true,
            (QueryAuth::Settled, Wanted::Nobody) => true,
            (QueryAuth::Required, Wanted::Nobody) | (_, Wanted::Pending) => false,
        }
    }

    /// Whether it is settled that nobody is signed in.
    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self.state, State::Nobody(_))
    }

    fn wait(&self) -> Option<&Wait> {
        match &self.state {
            State::Unknown(wait) | State::Person(Person { standing: Standing::Unconfirmed(wait), .. }) => {
                Some(wait)
            }
            State::Person(_) | State::Nobody(_) => None,
        }
    }

    // ---- what the provider and the app say ----

    /// The provider's word on who is signed in. Only a change of it has any effect, so that a session still standing does
    /// not undo a sign-out (rule 9); `Loading` after a definite word is none.
    pub(crate) fn set_session(&mut self, cx: &mut Context<'_>, session: Option<Session>) -> Boundary {
        if self.session == session || (session == Some(Session::Loading) && self.session.is_some()) {
            return Boundary::None;
        }
        self.session = session;
        self.follow_session(cx, false)
    }

    /// Signs out, whatever the provider says (rule 9).
    pub(crate) fn sign_out(&mut self, cx: &mut Context<'_>) -> Boundary {
        self.become_nobody(cx, UnauthenticatedReason::SignedOutByApp)
    }

    /// Starts anew from what the provider last said.
    pub(crate) fn reauthenticate(&mut self, cx: &mut Context<'_>) -> Boundary {
        if let State::Person(person) = &mut self.state {
            person.rejections = 0;
            person.fetch.stop(cx);
            person.fetch.begin(cx, &mut self.fetch_ids, true);
            return Boundary::None;
        }
        self.follow_session(cx, true)
    }

    /// The page woke up: whatever was put off is tried at once.
    pub(crate) fn woke(&mut self, cx: &mut Context<'_>) -> Boundary {
        match &mut self.state {
            State::Nobody(UnauthenticatedReason::Rejected { .. }) => self.follow_session(cx, true),
            State::Nobody(_) | State::Unknown(_) => Boundary::None,
            State::Person(person) => {
                person.fetch.retry_now(cx, &mut self.fetch_ids);
                person.reschedule(cx);
                Boundary::None
            }
        }
    }

    /// Wants whom the provider's session names. `force`: a cached token will not do.
    fn follow_session(&mut self, cx: &mut Context<'_>, force: bool) -> Boundary {
        match self.session.clone() {
            None => self.become_nobody(cx, UnauthenticatedReason::NoProvider),
            Some(Session::SignedOut) => self.become_nobody(cx, UnauthenticatedReason::SignedOut),
            Some(Session::Loading) => {
                let wait = self.begin_wait(cx);
                self.enter(cx, State::Unknown(wait))
            }
            Some(Session::SignedIn { key }) => {
                let wait = self.wait().copied().filter(|_| matches!(self.state, State::Unknown(_)));
                let wait = wait.unwrap_or_else(|| self.begin_wait(cx));
                let boundary = self.enter(cx, State::Person(Person::new(key, wait)));
                self.fetch(cx, force);
                boundary
            }
        }
    }

    fn become_nobody(&mut self, cx: &mut Context<'_>, reason: UnauthenticatedReason) -> Boundary {
        cx.timers.clear(Timer::Patience);
        self.enter(cx, State::Nobody(reason))
    }

    /// Somebody else is wanted: the one place where a state is left, and all it had armed with it.
    fn enter(&mut self, cx: &mut Context<'_>, state: State) -> Boundary {
        let boundary = match (&self.state, &state) {
            (State::Person(_), _) => Boundary::PersonLeft,
            (State::Nobody(_), State::Person(_) | State::Unknown(_)) => Boundary::NobodyLeft,
            (State::Unknown(_), State::Nobody(_)) => Boundary::SettledAsNobody,
            (State::Nobody(_), State::Nobody(_)) | (State::Unknown(_), _) => Boundary::None,
        };
        if let State::Person(person) = &mut self.state {
            person.fetch.stop(cx);
            person.disarm(cx);
        }
        self.generation += 1;
        self.state = state;
        boundary
    }

    fn begin_wait(&self, cx: &mut Context<'_>) -> Wait {
        cx.timers.set(Timer::Patience, cx.now + cx.config.auth_patience);
        Wait { since: cx.now, too_long: false }
    }

    // ---- tokens ----

    fn fetch(&mut self, cx: &mut Context<'_>, force: bool) {
        if let State::Person(person) = &mut self.state {
            person.fetch.begin(cx, &mut self.fetch_ids, force);
        }
    }

    /// The answer to a fetch. One that is not awaited any more is dropped.
    pub(crate) fn fetched(
        &mut self,
        cx: &mut Context<'_>,
        id: FetchId,
        outcome: Result<Option<Token>, TokenError>,
    ) -> Boundary {
        let State::Person(person) = &mut self.state else { return Boundary::None };
        if !person.fetch.awaits(id) {
            return Boundary::None;
        }
        match outcome {
            Err(problem) => {
                person.problem = Some(problem);
                person.fetch.failed(cx);
                Boundary::None
            }
            Ok(None) => {
                // Nothing is left of a fetch that was answered: there is nothing to drop.
                let _ = person.fetch.finish(cx);
                self.become_nobody(cx, UnauthenticatedReason::SignedOut)
            }
            Ok(Some(token)) => self.token_arrived(cx, token),
        }
    }

    fn token_arrived(&mut self, cx: &mut Context<'_>, token: Token) -> Boundary {
        let rejection = self.rejection_of(&token);
        let State::Person(person) = &mut self.state else { return Boundary::None };
        let Some(forced) = person.fetch.finish(cx) else { return Boundary::None };
        person.problem = None;
        let mut credential = Credential::new(token, cx.now);
        if let Some(current) = person.credential.as_mut() {
            if current.token == credential.token {
                current.fetched_again(cx.now);
                current.schedule_at_half_life(cx);
                return Boundary::None;
            }
            if rejection.is_some() {
                // The token in use is good; this one will not replace it.
                person.fetch.back_off(cx, forced);
                return Boundary::None;
            }
        }
        if let Some(message) = rejection {
            return self.count_rejection(cx, credential.claims, message);
        }
        if credential.has_expired(cx) {
            if !forced.force {
                person.spent = Some(credential.token);
                person.fetch.begin(cx, &mut self.fetch_ids, true);
                return Boundary::None;
            }
            if person.spent.as_ref() == Some(&credential.token) {
                person.problem = Some(TokenError::new("the provider gave a token again that has run out"));
                person.fetch.back_off(cx, forced);
                return Boundary::None;
            }
            credential.dispute_clock();
        }
        self.adopt(cx, credential)
    }

    fn rejection_of(&self, token: &Token) -> Option<Arc<str>> {
        self.rejected.iter().find(|(rejected, _)| rejected == token).map(|(_, message)| message.clone())
    }

    /// Uses a token from now on. One that speaks for another than the last is somebody else's.
    fn adopt(&mut self, cx: &mut Context<'_>, credential: Credential) -> Boundary {
        let State::Person(person) = &self.state else { return Boundary::None };
        let subject = credential.subject();
        let boundary = if person.subject.as_ref().is_some_and(|known| *known != subject) {
            let (key, rejections) = (person.key.clone(), person.rejections);
            let wait = self.begin_wait(cx);
            self.enter(cx, State::Person(Person { rejections, ..Person::new(key, wait) }))
        } else {
            Boundary::None
        };
        if let State::Person(person) = &mut self.state {
            credential.schedule(cx);
            person.credential = Some(credential);
            person.subject = Some(subject);
        }
        boundary
    }

    // ---- what the server says ----

    /// The server accepted the token of who is wanted.
    pub(crate) fn confirmed(&mut self, cx: &mut Context<'_>, token: &Token) {
        let State::Person(person) = &mut self.state else { return };
        if person.credential.as_ref().is_none_or(|credential| credential.token != *token) {
            return;
        }
        if let Standing::Unconfirmed(_) = person.standing {
            cx.timers.clear(Timer::Patience);
        }
        person.standing = Standing::Confirmed;
        person.rejections = 0;
    }

    /// The server has told its clock.
    pub(crate) fn clock_changed(&mut self, cx: &mut Context<'_>) {
        if let State::Person(person) = &mut self.state {
            if let Some(credential) = &mut person.credential {
                credential.trust_clock();
            }
            person.reschedule(cx);
        }
    }

    /// The server rejected a token. News of one that has been replaced since changes nothing (§4, line 8).
    pub(crate) fn token_rejected(&mut self, cx: &mut Context<'_>, token: &Token, message: &str) -> Boundary {
        let State::Person(person) = &mut self.state else { return Boundary::None };
        if person.credential.as_ref().is_none_or(|credential| credential.token != *token) {
            return Boundary::None;
        }
        let claims = person.credential.take().and_then(|credential| credential.claims);
        person.lose_credential(cx);
        // A server may quote what it rejects.
        let message: Arc<str> = message.replace(token.expose(), "…").into();
        self.rejected.truncate(REMEMBERED_REJECTIONS - 1);
        self.rejected.push_front((token.clone(), message.clone()));
        self.count_rejection(cx, claims, message)
    }

    /// One rejection more: the session ends with the third in a row, else another token is fetched.
    fn count_rejection(
        &mut self,
        cx: &mut Context<'_>,
        claims: Option<Claims>,
        message: Arc<str>,
    ) -> Boundary {
        let State::Person(person) = &mut self.state else { return Boundary::None };
        person.rejections += 1;
        match person.rejections {
            MAX_REJECTIONS.. => {
                return self.become_nobody(cx, UnauthenticatedReason::Rejected { message, claims });
            }
            1 => person.fetch.begin(cx, &mut self.fetch_ids, true),
            earlier => person.fetch.back_off(cx, Attempt { force: true, tries: earlier - 2 }),
        }
        Boundary::None
    }

    /// The server let a token run out that it had accepted.
    pub(crate) fn token_ran_out(&mut self, cx: &mut Context<'_>, token: &Token) {
        let State::Person(person) = &mut self.state else { return };
        if person.credential.as_ref().is_some_and(|credential| credential.token == *token) {
            person.lose_credential(cx);
            self.fetch(cx, true);
        }
    }

    // ---- timers ----

    /// The fetch under way took too long.
    pub(crate) fn fetch_timed_out(&mut self, cx: &mut Context<'_>) {
        if let State::Person(person) = &mut self.state {
            let seconds = cx.config.fetch_timeout.as_secs();
            person.problem = Some(TokenError::new(format!("the provider gave no answer within {seconds} s")));
            person.fetch.timed_out(cx);
        }
    }

    /// The next fetch is due.
    pub(crate) fn fetch_retry_due(&mut self, cx: &mut Context<'_>) {
        if let State::Person(person) = &mut self.state {
            person.fetch.retry(cx, &mut self.fetch_ids);
        }
    }

    /// The token in use is to be replaced.
    pub(crate) fn refresh_due(&mut self, cx: &mut Context<'_>) {
        self.fetch(cx, true);
    }

    /// The token in use has run out, and no other has come in time: writes wait.
    pub(crate) fn expired(&mut self, cx: &mut Context<'_>) {
        if let State::Person(person) = &mut self.state {
            person.lose_credential(cx);
            person.fetch.begin(cx, &mut self.fetch_ids, true);
        }
    }

    /// Who is asking is still not known: `Settled` queries wait no longer.
    pub(crate) fn patience_ended(&mut self) {
        if let State::Unknown(wait) | State::Person(Person { standing: Standing::Unconfirmed(wait), .. }) =
            &mut self.state
        {
            wait.too_long = true;
        }
    }

    /// The client stops: nothing is fetched any more.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>) {
        if let State::Person(person) = &mut self.state {
            person.fetch.stop(cx);
            person.disarm(cx);
        }
    }
}
