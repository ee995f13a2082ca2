//! The state of the app: the provider's last report, the mutation that the app has called, and the
//! identity that the client must want.

use super::{functions::QUERY, page::Page, provider::User, world::Violation};
use convex_sync::{AuthPolicy, ConvexError, EncodedValue, QueryHandle, RequestId, Session, Time};

#[derive(Debug)]
pub struct App {
    pub query: QueryHandle,
    pub policy: AuthPolicy,
    /// The provider's last report. Before its first: the session that the page was rendered for.
    pub report: Report,
    /// The provider has reported a session.
    pub has_reported: bool,
    pub wanted: Wanted,
    /// Incremented whenever the wanted identity changes.
    pub session: u32,
    /// When the wanted identity became unsettled or unconfirmed.
    pub since: Time,
    /// The server has confirmed the wanted user, or the page was rendered as that user.
    pub confirmed: bool,
    /// The page was rendered as the wanted user, and the server has neither confirmed nor doubted
    /// that since.
    pub presumed: bool,
    /// The app has signed out, and the provider's session has not changed since.
    pub signed_out: bool,
    /// The client has ended the session after enough rejections.
    pub rejected: bool,
    /// Rejections that the client has received since the wanted identity changed.
    pub rejections: u32,
    /// The session in which the query's result was last shown.
    pub shown_in: Option<u32>,
    /// A live result of the query was shown.
    pub is_live: bool,
    pub mutation: Option<MutationState>,
}

/// A report of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    Loading,
    SignedOut,
    SignedIn(User),
}

/// The identity that the client must want by the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Unknown,
    Anonymous,
    User(User),
}

/// The only mutation of a world.
#[derive(Debug)]
pub struct MutationState {
    pub request: RequestId,
    /// The identity that called it; if auth had not settled, the one that it settled to.
    pub by: Wanted,
    pub session: u32,
    /// The number of sockets that it was sent on.
    pub sent: u32,
    pub executed: bool,
    pub outcome: Option<MutationOutcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MutationOutcome {
    Done,
    NotExecuted,
    Unknown,
}

impl Report {
    pub fn session(self) -> Session {
        match self {
            Self::Loading => Session::Loading,
            Self::SignedOut => Session::SignedOut,
            Self::SignedIn(user) => Session::signed_in(user.name()),
        }
    }

    fn wanted(self) -> Wanted {
        match self {
            Self::Loading => Wanted::Unknown,
            Self::SignedOut => Wanted::Anonymous,
            Self::SignedIn(user) => Wanted::User(user),
        }
    }
}

impl App {
    pub fn new(query: QueryHandle, policy: AuthPolicy, page: Option<Page>) -> Self {
        let is_user = matches!(page, Some(Page::User { .. }));
        Self {
            query,
            policy,
            report: page.map_or(Report::Loading, Page::report),
            has_reported: false,
            wanted: page.map_or(Wanted::Unknown, Page::wanted),
            session: 0,
            since: Time::ZERO,
            confirmed: is_user,
            presumed: is_user,
            signed_out: false,
            rejected: false,
            rejections: 0,
            shown_in: None,
            is_live: false,
            mutation: None,
        }
    }

    /// The provider reports a session. Only a change counts, and the first report of a user after
    /// the app signed out is no change (rule 9). Returns whether the session is another one.
    pub fn reported(&mut self, now: Time, report: Report) -> bool {
        let before = std::mem::replace(&mut self.report, report);
        let is_first = !std::mem::replace(&mut self.has_reported, true);
        let stays_signed_out = is_first && self.signed_out && matches!(report, Report::SignedIn(_));
        if before != report && !stays_signed_out {
            self.want(now, report.wanted());
        }
        before != report
    }

    /// The provider replies to a fetch that no user is signed in. If it has not reported a session
    /// yet, its first report of a user is a change, even if the page was rendered for that session.
    pub fn replied_signed_out(&mut self, now: Time) {
        if !self.has_reported {
            self.report = Report::SignedOut;
        }
        self.want(now, Wanted::Anonymous);
    }

    /// The client uses a token of this user. If the page was rendered as another one, the identity
    /// changes.
    pub fn token_used(&mut self, now: Time, user: User) {
        if self.presumed && self.wanted != Wanted::User(user) {
            self.want(now, Wanted::User(user));
        }
    }

    /// The server accepts a token of a session that it had rejected.
    pub fn resumed(&mut self, now: Time) {
        self.want(now, self.report.wanted());
        self.confirmed = true;
    }

    pub fn want(&mut self, now: Time, wanted: Wanted) {
        if self.wanted != Wanted::Unknown || wanted == Wanted::Anonymous {
            self.since = now;
        }
        if let Some(mutation) = self.mutation.as_mut().filter(|mutation| mutation.by == Wanted::Unknown) {
            mutation.by = wanted;
            mutation.session += 1;
        }
        self.wanted = wanted;
        self.session += 1;
        self.confirmed = false;
        self.presumed = false;
        self.signed_out = false;
        self.rejected = false;
        self.rejections = 0;
    }

    pub fn user(&self) -> Option<User> {
        match self.wanted {
            Wanted::User(user) => Some(user),
            Wanted::Unknown | Wanted::Anonymous => None,
        }
    }

    /// The user of the tokens that may be fetched and sent: the wanted user, or the user of the
    /// session that the server has rejected.
    pub fn token_user(&self) -> Option<User> {
        match (self.report, self.rejected) {
            (Report::SignedIn(user), true) => Some(user),
            _ => self.user(),
        }
    }

    // ---- the mutation ----

    pub fn called(&mut self, request: RequestId) {
        let (by, session) = (self.wanted, self.session);
        self.mutation = Some(MutationState { request, by, session, sent: 0, executed: false, outcome: None });
    }

    pub fn settled(
        &mut self,
        request: RequestId,
        outcome: Result<EncodedValue, ConvexError>,
    ) -> Result<(), Violation> {
        // The response of a mutation that is refused at once arrives after its call has returned.
        let mutation = self.mutation.as_mut().filter(|mutation| mutation.request == request);
        let Some(mutation) = mutation else {
            return Err(format!("a response to {request}, which was not called"));
        };
        if mutation.outcome.is_some() {
            return Err("the mutation settles twice".to_owned());
        }
        let outcome = match outcome {
            Ok(_) if mutation.executed => MutationOutcome::Done,
            Err(ConvexError::OutcomeUnknown) if mutation.sent > 0 => MutationOutcome::Unknown,
            Err(ConvexError::NotSent(_) | ConvexError::IdentityChanged) if mutation.sent == 0 => {
                MutationOutcome::NotExecuted
            }
            other => return Err(format!("the mutation ends with {other:?}, but its state is {mutation:?}")),
        };
        mutation.outcome = Some(outcome);
        Ok(())
    }

    /// The server runs a function as `name`; `None` is anonymous.
    pub fn ran(&mut self, path: &str, name: Option<&str>) -> Result<(), Violation> {
        if path == QUERY {
            return match (self.policy, name) {
                (AuthPolicy::Required, None) => Err("a `Required` query runs anonymously".to_owned()),
                _ => Ok(()),
            };
        }
        let Some(mutation) = &mut self.mutation else {
            return Err(format!("{path} runs, which was not called"));
        };
        if std::mem::replace(&mut mutation.executed, true) {
            return Err("the mutation runs twice".to_owned());
        }
        match (mutation.by, name) {
            (Wanted::Anonymous, None) => Ok(()),
            (Wanted::User(user), Some(name)) if user.name() == name => Ok(()),
            (by, name) => Err(format!("the mutation was called by {by:?} and runs as {name:?}")),
        }
    }
}
