//! The recording of one panel: timed steps, grouped into episodes.

/// Milliseconds since the app started.
pub type Millis = f64;

/// A step that follows the previous one by more than this begins a new episode.
const QUIET: Millis = 1_500.0;

/// One recorded event.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The identity service reported whether a user is signed in.
    SessionKnown { signed_in: bool },
    /// A socket is being opened.
    Dialled,
    /// The socket is open.
    Opened,
    /// The socket closed.
    Closed { code: u16, reason: String },
    /// The client requested a token from the provider.
    TokenRequested { fetch: u32, forced: bool },
    /// The token fetch ended.
    TokenFetched { fetch: u32, outcome: TokenOutcome },
    /// A frame was sent to the server.
    Sent(SentFrame),
    /// A frame was received from the server.
    Received(ReceivedFrame),
    /// The panel's content changed.
    Shown(Screen),
    /// The device fell asleep, woke, or got its network back.
    Device(DeviceState),
}

/// The state of the device, as the sleep control simulates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceState {
    #[default]
    Awake,
    Asleep,
    /// Awake again, without network.
    Offline,
}

/// The outcome of a token fetch, without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenOutcome {
    /// The provider returned a token.
    Token,
    /// The provider reported signed out.
    SignedOut,
    /// The fetch failed.
    Failed { reason: String },
}

/// The summary of a frame to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentFrame {
    Connect,
    Authenticate { with_token: bool },
    ModifyQuerySet { added: usize, removed: usize },
    Mutation { function: String },
    Other { kind: String },
}

/// The summary of a frame from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceivedFrame {
    Transition { ran_as: Vec<QueryIdentity>, failed: usize },
    MutationResponse { success: bool },
    AuthError,
    FatalError,
    Other { kind: String },
}

/// The identity that the server ran a query under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryIdentity {
    /// No user.
    Anonymous,
    /// The user with this name.
    User(String),
}

/// The content of a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A placeholder.
    Loading,
    /// The invitation to sign in.
    SignedOut,
    /// The error of a query.
    Error,
    /// The data of the query.
    Data,
}

/// A step and its time.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedStep {
    pub at: Millis,
    pub step: Step,
}

/// Steps that belong together: a page load, a sign-in, a reconnect.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Episode {
    entries: Vec<TimedStep>,
    /// The state when the episode began, so that it can be drawn from its first millisecond.
    before: Snapshot,
}

/// The state of a panel at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    pub socket: SocketPhase,
    /// Whether a user is signed in, once the identity service has reported it.
    pub signed_in: Option<bool>,
    pub screen: Option<Screen>,
    pub ran_as: Option<QueryIdentity>,
    pub device: DeviceState,
    open_fetches: usize,
}

/// The phase of a panel's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SocketPhase {
    #[default]
    None,
    Dialling,
    Open,
}

impl Step {
    /// Whether the step reports a query that ran without a user.
    pub fn ran_anonymously(&self) -> bool {
        matches!(self, Self::Received(ReceivedFrame::Transition { ran_as, .. }) if ran_as.contains(&QueryIdentity::Anonymous))
    }
}

impl Snapshot {
    fn after(&self, step: &Step) -> Self {
        let mut next = self.clone();
        match step {
            Step::SessionKnown { signed_in } => next.signed_in = Some(*signed_in),
            Step::Dialled => next.socket = SocketPhase::Dialling,
            Step::Opened => next.socket = SocketPhase::Open,
            Step::Closed { .. } => (next.socket, next.ran_as) = (SocketPhase::None, None),
            Step::TokenRequested { .. } => next.open_fetches += 1,
            Step::TokenFetched { .. } => next.open_fetches = next.open_fetches.saturating_sub(1),
            Step::Received(ReceivedFrame::Transition { ran_as, .. }) => {
                next.ran_as = ran_as.first().cloned().or(next.ran_as);
            }
            Step::Sent(_) | Step::Received(_) => {}
            Step::Shown(screen) => next.screen = Some(*screen),
            Step::Device(device) => next.device = *device,
        }
        next
    }

    fn is_pending(&self) -> bool {
        let unsettled = matches!(self.screen, Some(Screen::Loading | Screen::Error));
        self.open_fetches > 0
            || self.socket != SocketPhase::Open
            || self.device != DeviceState::Awake
            || unsettled
    }
}

impl Episode {
    pub fn entries(&self) -> &[TimedStep] {
        &self.entries
    }

    /// The state when the episode began.
    pub fn before(&self) -> &Snapshot {
        &self.before
    }

    /// The state at the end of the episode.
    pub fn snapshot(&self) -> Snapshot {
        self.entries.iter().fold(self.before.clone(), |standing, entry| standing.after(&entry.step))
    }

    /// Whether the panel still waits for a socket, a token or data.
    pub fn is_pending(&self) -> bool {
        self.snapshot().is_pending()
    }

    /// The time of the first step.
    pub fn started(&self) -> Option<Millis> {
        self.entries.first().map(|entry| entry.at)
    }

    /// The time of the last step.
    pub fn ended(&self) -> Option<Millis> {
        self.entries.last().map(|entry| entry.at)
    }

    /// The end of the drawing: the last step, or `now` while the episode is pending.
    pub fn until(&self, now: Millis) -> Millis {
        let ended = self.ended().unwrap_or(0.0);
        if self.is_pending() { ended.max(now) } else { ended }
    }

    /// When data was first on screen.
    pub fn first_data(&self) -> Option<Millis> {
        self.entries.iter().find(|entry| entry.step == Step::Shown(Screen::Data)).map(|entry| entry.at)
    }

    /// The spans during which an error was on screen. The last one has no end if the error is still
    /// on screen.
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

    /// The number of steps that match `predicate`.
    pub fn count(&self, predicate: impl Fn(&Step) -> bool) -> usize {
        self.entries.iter().filter(|entry| predicate(&entry.step)).count()
    }
}

/// The recording of one panel: the page load and the latest episode after it. Episodes in between
/// are dropped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    load: Episode,
    latest: Option<Episode>,
    fetches: u32,
}

impl Timeline {
    /// The id of the next token fetch.
    pub fn next_fetch(&self) -> u32 {
        self.fetches
    }

    /// The episode of the page load.
    pub fn load(&self) -> &Episode {
        &self.load
    }

    /// The latest episode after the page load, if there is one.
    pub fn latest(&self) -> Option<&Episode> {
        self.latest.as_ref()
    }

    /// The current phase of the socket.
    pub fn socket(&self) -> SocketPhase {
        self.current().snapshot().socket
    }

    fn current(&self) -> &Episode {
        self.latest.as_ref().unwrap_or(&self.load)
    }

    /// Records a step.
    pub fn push(&mut self, at: Millis, step: Step) {
        if let Step::TokenRequested { .. } = step {
            self.fetches += 1;
        }
        let current = self.current();
        let quiet = || current.ended().is_some_and(|end| at - end > QUIET) && !current.is_pending();
        let over = step == Step::Device(DeviceState::Asleep) || quiet();
        if over {
            self.latest = Some(Episode { entries: Vec::new(), before: current.snapshot() });
        }
        self.latest.as_mut().unwrap_or(&mut self.load).entries.push(TimedStep { at, step });
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
    fn a_step_long_after_a_settled_load_begins_an_episode() {
        let mut timeline = live_after_load();
        timeline.push(5_000.0, Step::Closed { code: 1006, reason: String::new() });
        timeline.push(5_100.0, Step::Dialled);
        assert_eq!(timeline.load().entries().len(), 3);
        assert_eq!(timeline.latest().map(|e| e.entries().len()), Some(2));
        assert_eq!(timeline.latest().map(|e| e.before().socket), Some(SocketPhase::Open));
    }

    #[test]
    fn a_load_that_waits_for_a_token_does_not_end() {
        let mut timeline = Timeline::default();
        timeline.push(0.0, Step::Dialled);
        timeline.push(10.0, Step::Opened);
        timeline.push(10.0, Step::TokenRequested { fetch: 0, forced: false });
        let outcome = TokenOutcome::Failed { reason: "timed out".to_owned() };
        timeline.push(9_000.0, Step::TokenFetched { fetch: 0, outcome });
        assert!(timeline.latest().is_none());
    }

    #[test]
    fn an_error_span_ends_with_the_next_screen() {
        let mut timeline = live_after_load();
        timeline.push(100.0, Step::Shown(Screen::Error));
        timeline.push(312.0, Step::Shown(Screen::Data));
        timeline.push(400.0, Step::Shown(Screen::Error));
        assert_eq!(timeline.load().errors_shown(), [(100.0, Some(312.0)), (400.0, None)]);
        assert_eq!(timeline.load().first_data(), Some(90.0));
    }
}
