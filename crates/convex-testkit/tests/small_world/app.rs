//! What the app and its provider have said, what the app has called, and whom the client has to
//! want after that.

use super::{functions::QUERY, provider::Person, world::Violation};
use convex_sync::{AuthPolicy, ConvexError, EncodedValue, QueryHandle, RequestId, Session, Time};

#[derive(Debug)]
pub struct App {
    pub query: QueryHandle,
    pub policy: AuthPolicy,
    /// The provider's last word.
    pub word: Word,
    pub wanted: Wanted,
    /// How often somebody else was wanted.
    pub session: u32,
    /// Since when it is not known who is asking, or not confirmed.
    pub since: Time,
    /// The server has confirmed whom is wanted.
    pub confirmed: bool,
    /// The client has given the session up, and may have.
    pub given_up: bool,
    /// Rejections the client has heard of since somebody else was wanted.
    pub rejections: u32,
    pub mutation: Option<Mutation>,
}

/// What the provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Loading,
    SignedOut,
    SignedIn(Person),
}

/// Who is asking, as the contract has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Unknown,
    Nobody,
    Person(Person),
}

/// The one mutation there is.
#[derive(Debug)]
pub struct Mutation {
    pub request: RequestId,
    /// Who called it; while that is not known, whoever it turns out to be.
    pub by: Wanted,
    pub session: u32,
    /// Sockets it was sent on.
    pub sent: u32,
    pub executed: bool,
    pub outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    NotExecuted,
    Unknown,
}

impl Word {
    pub fn session(self) -> Session {
        match self {
            Self::Loading => Session::Loading,
            Self::SignedOut => Session::SignedOut,
            Self::SignedIn(person) => Session::signed_in(person.name()),
        }
    }

    fn wanted(self) -> Wanted {
        match self {
            Self::Loading => Wanted::Unknown,
            Self::SignedOut => Wanted::Nobody,
            Self::SignedIn(person) => Wanted::Person(person),
        }
    }
}

impl App {
    pub fn new(query: QueryHandle, policy: AuthPolicy) -> Self {
        Self {
            query,
            policy,
            word: Word::Loading,
            wanted: Wanted::Unknown,
            session: 0,
            since: Time::ZERO,
            confirmed: false,
            given_up: false,
            rejections: 0,
            mutation: None,
        }
    }

    /// The provider reports a session. Only a change counts, and the session that was loading when
    /// the app signed out is no change (rule 9).
    pub fn told(&mut self, now: Time, word: Word) {
        let before = std::mem::replace(&mut self.word, word);
        let was_signed_out = before == Word::Loading && self.wanted == Wanted::Nobody;
        if before != word && !(was_signed_out && matches!(word, Word::SignedIn(_))) {
            self.want(now, word.wanted());
        }
    }

    /// The server accepts a token after it had rejected the session.
    pub fn resumed(&mut self, now: Time) {
        self.want(now, self.word.wanted());
        self.confirmed = true;
    }

    pub fn want(&mut self, now: Time, wanted: Wanted) {
        if self.wanted != Wanted::Unknown || wanted == Wanted::Nobody {
            self.since = now;
        }
        if let Some(mutation) = self.mutation.as_mut().filter(|mutation| mutation.by == Wanted::Unknown) {
            mutation.by = wanted;
            mutation.session += 1;
        }
        self.wanted = wanted;
        self.session += 1;
        self.confirmed = false;
        self.given_up = false;
        self.rejections = 0;
    }

    pub fn person(&self) -> Option<Person> {
        match self.wanted {
            Wanted::Person(person) => Some(person),
            Wanted::Unknown | Wanted::Nobody => None,
        }
    }

    /// The user whose tokens may be fetched and sent: the one that is wanted, or the one whose
    /// session the server has rejected.
    pub fn token_person(&self) -> Option<Person> {
        match (self.word, self.given_up) {
            (Word::SignedIn(person), true) => Some(person),
            _ => self.person(),
        }
    }

    // ---- the mutation ----

    pub fn called(&mut self, request: RequestId) {
        let (by, session) = (self.wanted, self.session);
        self.mutation = Some(Mutation { request, by, session, sent: 0, executed: false, outcome: None });
    }

    pub fn settled(
        &mut self,
        request: RequestId,
        outcome: Result<EncodedValue, ConvexError>,
    ) -> Result<(), Violation> {
        // The response of a mutation refused at once comes after its call has returned.
        let mutation = self.mutation.as_mut().filter(|mutation| mutation.request == request);
        let Some(mutation) = mutation else {
            return Err(format!("a response to {request}, which nobody asked"));
        };
        if mutation.outcome.is_some() {
            return Err("the mutation settles twice".to_owned());
        }
        let outcome = match outcome {
            Ok(_) if mutation.executed => Outcome::Done,
            Err(ConvexError::OutcomeUnknown) if mutation.sent > 0 => Outcome::Unknown,
            Err(ConvexError::NotSent(_) | ConvexError::IdentityChanged) if mutation.sent == 0 => {
                Outcome::NotExecuted
            }
            other => return Err(format!("{other:?}, where the mutation is {mutation:?}")),
        };
        mutation.outcome = Some(outcome);
        Ok(())
    }

    /// The server runs something in somebody's name.
    pub fn ran(&mut self, path: &str, name: Option<&str>) -> Result<(), Violation> {
        if path == QUERY {
            return match (self.policy, name) {
                (AuthPolicy::Required, None) => Err("a query that needs a person runs as nobody".to_owned()),
                _ => Ok(()),
            };
        }
        let Some(mutation) = &mut self.mutation else { return Err(format!("{path}, which nobody called")) };
        if std::mem::replace(&mut mutation.executed, true) {
            return Err("the mutation runs twice".to_owned());
        }
        match (mutation.by, name) {
            (Wanted::Nobody, None) => Ok(()),
            (Wanted::Person(person), Some(name)) if person.name() == name => Ok(()),
            (by, name) => Err(format!("called by {by:?}, the mutation runs as {name:?}")),
        }
    }
}
