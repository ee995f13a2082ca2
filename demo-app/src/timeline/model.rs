//! The recording of one panel: steps, each with its time, in episodes.

/// Milliseconds since the app started.
pub type Millis = f64;

/// Steps that follow each other within this time belong to one episode.
const QUIET: Millis = 1_500.0;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The identity service told whether somebody is signed in.
    SessionKnown { signed_in: bool },
    /// A socket is being opened.
    Dialled,
    /// The socket is open.
    Opened,
    /// The socket is gone.
    Closed { code: u16, reason: String },
    /// The client asked the provider for a token.
    TokenAsked { fetch: u32, forced: bool },
    /// The provider answered.
    TokenAnswered { fetch: u32, outcome: TokenOutcome },
    /// A frame left for the server.
    Sent(Sent),
    /// A frame came from the server.
    Received(Received),
    /// The panel shows something else than before.
    Shown(Screen),
    /// The machine fell asleep, woke, or got its network back.
    Machine(Machine),
}

/// The machine at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Machine {
    #[default]
    Awake,
    Asleep,
    /// Awake again, and the network is not back yet.
    Offline,
}

/// How a token fetch ended. The token itself is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenOutcome {
    /// With a token.
    Token,
    /// The provider says that nobody is signed in.
    SignedOut,
    /// The provider could not be asked, or answered something else.
    Failed { reason: String },
}

/// A frame to the server, reduced to what the timeline shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    Connect,
    Authenticate { with_token: bool },
    ModifyQuerySet { added: usize, removed: usize },
    Mutation { function: String },
    Other { kind: String },
}

/// A frame from the server, reduced to what the timeline shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Transition { ran_as: Vec<RanAs>, failed: usize },
    MutationResponse { success: bool },
    AuthError,
    FatalError,
    Other { kind: String },
}

/// As whom the server ran a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RanAs {
    /// Without any identity.
    Nobody,
    /// As this person.
    Person(String),
}

/// What a panel shows in the place of its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A placeholder.
    Loading,
    /// The invitation to sign in.
    SignedOut,
    /// The error of a query.
    Error,
    /// Data.
    Data,
}

/// A step and its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub at: Millis,
    pub step: Step,
}

/// Steps that belong together: a page load, a sign-in, a reconnect.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Episode {
    entries: Vec<Entry>,
    /// What was true when the episode began, so that it can be drawn from its first millisecond.
    before: Standing,
}

/// What holds at a moment, as far as the timeline draws it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    pub socket: Socket,
    /// Whether somebody is signed in, once the identity service told.
    pub signed_in: Option<bool>,
    pub screen: Option<Screen>,
    pub ran_as: Option<RanAs>,
    pub machine: Machine,
    open_fetches: usize,
}

/// The socket at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Socket {
    #[default]
    None,
    Dialling,
    Open,
}

impl Step {
    /// Whether it tells that the server ran a query without an identity.
    pub fn ran_as_nobody(&self) -> bool {
        matches!(self, Self::Received(Received::Transition { ran_as, .. }) if ran_as.contains(&RanAs::Nobody))
    }
}

impl Standing {
    fn after(&self, step: &Step) -> Self {
        let mut next = self.clone();
        match step {
            Step::SessionKnown { signed_in } => next.signed_in = Some(*signed_in),
            Step::Dialled => next.socket = Socket::Dialling,
            Step::Opened => next.socket = Socket::Open,
            Step::Closed { .. } => (next.socket, next.ran_as) = (Socket::None, None),
            Step::TokenAsked { .. } => next.open_fetches += 1,
            Step::TokenAnswered { .. } => next.open_fetches = next.open_fetches.saturating_sub(1),
            Step::Received(Received::Transition { ran_as, .. }) => {
                next.ran_as = ran_as.first().cloned().or(next.ran_as);
            }
            Step::Sent(_) | Step::Received(_) => {}
            Step::Shown(screen) => next.screen = Some(*screen),
            Step::Machine(machine) => next.machine = *machine,
        }
        next
    }

    fn is_pending(&self) -> bool {
        let unsettled = matches!(self.screen, Some(Screen::Loading | Screen::Error));
        self.open_fetches > 0 || self.socket != Socket::Open || self.machine != Machine::Awake || unsettled
    }
}

impl Episode {
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What held when the episode began.
    pub fn before(&self) -> &Standing {
        &self.before
    }

    /// What holds at its end.
    pub fn standing(&self) -> Standing {
        self.entries.iter().fold(self.before.clone(), |standing, entry| standing.after(&entry.step))
    }

    /// Whether it still waits for something: a socket, a token, data.
    pub fn is_pending(&self) -> bool {
        self.standing().is_pending()
    }

    /// When its first step was.
    pub fn started(&self) -> Option<Millis> {
        self.entries.first().map(|entry| entry.at)
    }

    /// When its last step was.
    pub fn ended(&self) -> Option<Millis> {
        self.entries.last().map(|entry| entry.at)
    }

    /// Up to when there is something to draw: its last step, or `now` while it waits for something.
    pub fn until(&self, now: Millis) -> Millis {
        let ended = self.ended().unwrap_or(0.0);
        if self.is_pending() { ended.max(now) } else { ended }
    }

    /// When data was first on the screen.
    pub fn first_data(&self) -> Option<Millis> {
        self.entries.iter().find(|entry| entry.step == Step::Shown(Screen::Data)).map(|entry| entry.at)
    }

    /// The times during which an error was on the screen; the last one is open where it still is.
    pub fn errors_shown(&self) -> Vec<(Millis, Option<Millis>)> {
        let mut spans: Vec<(Millis, Option<Millis>)> = Vec::new();
        for entry in &self.entries {
            let Step::Shown(screen) = entry.step else { continue };
            match (screen, spans.last_mut()) {
                (Screen::Error, Some((_, None))) => {}
                (Screen::Error, _) => spans.push((entry.at, None)),
                (_, Some((_, end @ None))) => *end = Some(entry.at),
                _ => {}
            }
        }
        spans
    }

    /// How many of its steps are like this.
    pub fn count(&self, like: impl Fn(&Step) -> bool) -> usize {
        self.entries.iter().filter(|entry| like(&entry.step)).count()
    }
}

/// Everything recorded of one panel: the page load, and the latest episode since. What lies between
/// is forgotten.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    load: Episode,
    latest: Option<Episode>,
    fetches: u32,
}

impl Timeline {
    /// The number of the next token fetch.
    pub fn next_fetch(&self) -> u32 {
        self.fetches
    }

    /// The episode of the page load.
    pub fn load(&self) -> &Episode {
        &self.load
    }

    /// The last episode, where something happened since the page was loaded.
    pub fn latest(&self) -> Option<&Episode> {
        self.latest.as_ref()
    }

    /// The socket as it is now.
    pub fn socket(&self) -> Socket {
        self.current().standing().socket
    }

    fn current(&self) -> &Episode {
        self.latest.as_ref().unwrap_or(&self.load)
    }

    /// Records a step.
    pub fn push(&mut self, at: Millis, step: Step) {
        if let Step::TokenAsked { .. } = step {
            self.fetches += 1;
        }
        let current = self.current();
        let quiet = || current.ended().is_some_and(|end| at - end > QUIET) && !current.is_pending();
        let over = step == Step::Machine(Machine::Asleep) || quiet();
        if over {
            self.latest = Some(Episode { entries: Vec::new(), before: current.standing() });
        }
        self.latest.as_mut().unwrap_or(&mut self.load).entries.push(Entry { at, step });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live_after_load() -> Timeline {
        let mut timeline = Timeline::default();
        timeline.push(0.0, Step::Dialled);
        timeline.push(40.0, Step::Opened);
        timeline.push(90.0, Step::Shown(Screen::Data));
        timeline
    }

    #[test]
    fn steps_long_after_a_settled_load_begin_an_episode() {
        let mut timeline = live_after_load();
        timeline.push(5_000.0, Step::Closed { code: 1006, reason: String::new() });
        timeline.push(5_100.0, Step::Dialled);
        assert_eq!(timeline.load().entries().len(), 3);
        assert_eq!(timeline.latest().map(|e| e.entries().len()), Some(2));
        assert_eq!(timeline.latest().map(|e| e.before().socket), Some(Socket::Open));
    }

    #[test]
    fn a_load_that_waits_for_a_token_goes_on() {
        let mut timeline = Timeline::default();
        timeline.push(0.0, Step::Dialled);
        timeline.push(10.0, Step::Opened);
        timeline.push(10.0, Step::TokenAsked { fetch: 0, forced: false });
        let outcome = TokenOutcome::Failed { reason: "it hangs".to_owned() };
        timeline.push(9_000.0, Step::TokenAnswered { fetch: 0, outcome });
        assert!(timeline.latest().is_none());
    }

    #[test]
    fn an_error_is_shown_until_something_else_is() {
        let mut timeline = live_after_load();
        timeline.push(100.0, Step::Shown(Screen::Error));
        timeline.push(312.0, Step::Shown(Screen::Data));
        timeline.push(400.0, Step::Shown(Screen::Error));
        assert_eq!(timeline.load().errors_shown(), [(100.0, Some(312.0)), (400.0, None)]);
        assert_eq!(timeline.load().first_data(), Some(90.0));
    }
}
