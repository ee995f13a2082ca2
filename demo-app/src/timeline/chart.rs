//! The layout of an episode's drawing, without SVG: lanes of bars and ticks on a time axis.

use super::model::{
    DeviceState, Episode, Millis, QueryIdentity, ReceivedFrame, Screen, SentFrame, SocketPhase, Step,
    TimedStep, TokenOutcome,
};

/// The shortest time a chart covers, so that a fast load does not look slow.
const SHORTEST: Millis = 200.0;

/// A drawing of one episode.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub from: Millis,
    pub to: Millis,
    /// Round numbers on the axis, in milliseconds since `from`.
    pub grid: Vec<Millis>,
    pub lanes: Vec<Lane>,
    /// When the device was asleep or offline; drawn across all lanes.
    pub outages: Vec<Mark>,
    pub first_data: Option<Millis>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub name: &'static str,
    pub marks: Vec<Mark>,
}

/// A bar or a tick in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub from: Millis,
    /// `None` for a tick.
    pub to: Option<Millis>,
    pub tone: Tone,
    pub text: String,
}

/// The meaning of a mark, which determines its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Unremarkable.
    Quiet,
    /// Waiting for something.
    Wait,
    /// A frame to the server.
    Sent,
    /// A frame from the server.
    Received,
    /// An open socket.
    Open,
    /// Ran as a user, or data on screen.
    Good,
    /// Ran without a user, or an error.
    Bad,
}

impl Tone {
    /// The name of the tone in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Wait => "wait",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Open => "open",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

impl Chart {
    /// Lays out an episode from `from` to slightly past `until`.
    pub fn of(episode: &Episode, from: Millis, until: Millis) -> Self {
        let to = from + ((until - from) * 1.12).max(SHORTEST);
        let frame = |name, is: fn(&Step) -> Option<(Tone, String)>| Lane { name, marks: ticks(episode, is) };
        let band = |name, marks| Lane { name, marks };
        let lanes = vec![
            band("Session", session(episode, from, to)),
            band("Socket", socket(episode, from, to)),
            band("Token fetch", token_fetches(episode, to)),
            frame("Connect", connect),
            frame("Authenticate", authenticate),
            frame("ModifyQuerySet", modify_query_set),
            frame("Mutation", mutation),
            frame("Transition", transition),
            band("Queries ran as", ran_as(episode, from, to)),
            band("On screen", on_screen(episode, from, to)),
        ];
        let outages = outages(episode, from, to);
        Self { from, to, grid: grid(to - from), lanes, outages, first_data: episode.first_data() }
    }

    /// The position of a time on the axis, in percent.
    pub fn percent(&self, at: Millis) -> f64 {
        ((at - self.from) / (self.to - self.from) * 100.0).clamp(0.0, 100.0)
    }
}

/// Three to six round steps of a span.
fn grid(span: Millis) -> Vec<Millis> {
    let steps = [1.0, 2.0, 5.0].into_iter();
    let step = (1..6)
        .flat_map(|power| steps.clone().map(move |step| step * 10f64.powi(power)))
        .find(|step| span / step <= 6.0)
        .unwrap_or(100_000.0);
    (0..).map(|n| f64::from(n) * step).take_while(|at| *at <= span).collect()
}

fn ticks(episode: &Episode, is: fn(&Step) -> Option<(Tone, String)>) -> Vec<Mark> {
    let tick =
        |entry: &TimedStep| is(&entry.step).map(|(tone, text)| Mark { from: entry.at, to: None, tone, text });
    episode.entries().iter().filter_map(tick).collect()
}

fn connect(step: &Step) -> Option<(Tone, String)> {
    matches!(step, Step::Sent(SentFrame::Connect)).then(|| (Tone::Sent, String::new()))
}

fn authenticate(step: &Step) -> Option<(Tone, String)> {
    match step {
        Step::Sent(SentFrame::Authenticate { with_token: true }) => Some((Tone::Sent, "token".into())),
        Step::Sent(SentFrame::Authenticate { with_token: false }) => Some((Tone::Sent, "anonymous".into())),
        Step::Received(ReceivedFrame::AuthError) => Some((Tone::Bad, "rejected".into())),
        _ => None,
    }
}

fn modify_query_set(step: &Step) -> Option<(Tone, String)> {
    match step {
        Step::Sent(SentFrame::ModifyQuerySet { added: 0, removed: 0 }) => Some((Tone::Sent, "probe".into())),
        Step::Sent(SentFrame::ModifyQuerySet { added, removed: 0 }) => {
            Some((Tone::Sent, format!("+{added}")))
        }
        Step::Sent(SentFrame::ModifyQuerySet { added: 0, removed }) => {
            Some((Tone::Sent, format!("−{removed}")))
        }
        Step::Sent(SentFrame::ModifyQuerySet { added, removed }) => {
            Some((Tone::Sent, format!("+{added} −{removed}")))
        }
        _ => None,
    }
}

fn mutation(step: &Step) -> Option<(Tone, String)> {
    match step {
        Step::Sent(SentFrame::Mutation { function }) => Some((Tone::Sent, function.clone())),
        Step::Received(ReceivedFrame::MutationResponse { success: true }) => {
            Some((Tone::Received, String::new()))
        }
        Step::Received(ReceivedFrame::MutationResponse { success: false }) => {
            Some((Tone::Bad, "failed".into()))
        }
        _ => None,
    }
}

fn transition(step: &Step) -> Option<(Tone, String)> {
    match step {
        Step::Received(ReceivedFrame::Transition { failed: 0, .. }) => Some((Tone::Received, String::new())),
        Step::Received(ReceivedFrame::Transition { failed, .. }) => {
            Some((Tone::Bad, format!("{failed} failed")))
        }
        Step::Received(ReceivedFrame::FatalError) => Some((Tone::Bad, "fatal error".into())),
        _ => None,
    }
}

fn session(episode: &Episode, from: Millis, to: Millis) -> Vec<Mark> {
    let changes = episode.entries().iter().filter_map(|entry| match entry.step {
        Step::SessionKnown { signed_in } => Some((entry.at, Some(signed_in))),
        _ => None,
    });
    bands((from, episode.before().signed_in), changes, to, |signed_in| {
        Some(match signed_in {
            None => (Tone::Wait, "loading".into()),
            Some(true) => (Tone::Good, "signed in".into()),
            Some(false) => (Tone::Quiet, "signed out".into()),
        })
    })
}

fn token_fetches(episode: &Episode, to: Millis) -> Vec<Mark> {
    let end_of = |wanted: u32| {
        episode.entries().iter().find_map(|entry| match &entry.step {
            Step::TokenFetched { fetch, outcome } if *fetch == wanted => Some((entry.at, outcome)),
            _ => None,
        })
    };
    let bar = |entry: &TimedStep| {
        let Step::TokenRequested { fetch, forced } = entry.step else { return None };
        let (until, tone, text) = match end_of(fetch) {
            Some((at, TokenOutcome::Token)) if forced => (at, Tone::Wait, "new token"),
            Some((at, TokenOutcome::Token)) => (at, Tone::Wait, "token"),
            Some((at, TokenOutcome::SignedOut)) => (at, Tone::Wait, "signed out"),
            Some((at, TokenOutcome::Failed { .. })) => (at, Tone::Bad, "failed"),
            None => (to, Tone::Wait, "pending"),
        };
        Some(Mark { from: entry.at, to: Some(until), tone, text: text.into() })
    };
    episode.entries().iter().filter_map(bar).collect()
}

/// Turns changes into bars that each last until the next one.
fn bands<S: Clone + PartialEq>(
    first: (Millis, S),
    changes: impl Iterator<Item = (Millis, S)>,
    to: Millis,
    mark: impl Fn(&S) -> Option<(Tone, String)>,
) -> Vec<Mark> {
    let mut states = vec![first];
    for (at, state) in changes {
        if states.last().is_some_and(|(_, last)| *last != state) {
            states.push((at, state));
        }
    }
    let ends = states.iter().skip(1).map(|(at, _)| *at).chain([to]);
    let bar = |((at, state), end): (&(Millis, S), Millis)| {
        mark(state).map(|(tone, text)| Mark { from: *at, to: Some(end), tone, text })
    };
    states.iter().zip(ends).filter_map(bar).collect()
}

fn socket(episode: &Episode, from: Millis, to: Millis) -> Vec<Mark> {
    let changes = episode.entries().iter().filter_map(|entry| match entry.step {
        Step::Dialled => Some((entry.at, SocketPhase::Dialling)),
        Step::Opened => Some((entry.at, SocketPhase::Open)),
        Step::Closed { .. } => Some((entry.at, SocketPhase::None)),
        _ => None,
    });
    let mut marks = bands((from, episode.before().socket), changes, to, |state| match state {
        SocketPhase::None => None,
        SocketPhase::Dialling => Some((Tone::Wait, "dialling".into())),
        SocketPhase::Open => Some((Tone::Open, "open".into())),
    });
    marks.extend(ticks(episode, closed));
    marks
}

fn closed(step: &Step) -> Option<(Tone, String)> {
    match step {
        Step::Closed { code, .. } => Some((Tone::Bad, format!("closed ({code})"))),
        _ => None,
    }
}

fn ran_as(episode: &Episode, from: Millis, to: Millis) -> Vec<Mark> {
    let changes = episode.entries().iter().filter_map(|entry| match &entry.step {
        Step::Received(ReceivedFrame::Transition { ran_as, .. }) => {
            ran_as.first().map(|identity| (entry.at, Some(identity.clone())))
        }
        Step::Closed { .. } => Some((entry.at, None)),
        _ => None,
    });
    bands((from, episode.before().ran_as.clone()), changes, to, |identity| match identity {
        None => None,
        Some(QueryIdentity::Anonymous) => Some((Tone::Bad, QueryIdentity::Anonymous.to_string())),
        Some(QueryIdentity::User(name)) => Some((Tone::Good, name.clone())),
    })
}

fn on_screen(episode: &Episode, from: Millis, to: Millis) -> Vec<Mark> {
    let changes = episode.entries().iter().filter_map(|entry| match entry.step {
        Step::Shown(screen) => Some((entry.at, Some(screen))),
        _ => None,
    });
    bands((from, episode.before().screen), changes, to, |screen| {
        let screen = (*screen)?;
        let tone = match screen {
            Screen::Loading => Tone::Wait,
            Screen::SignedOut => Tone::Quiet,
            Screen::Error => Tone::Bad,
            Screen::Data => Tone::Good,
        };
        Some((tone, screen.to_string()))
    })
}

fn outages(episode: &Episode, from: Millis, to: Millis) -> Vec<Mark> {
    let changes = episode.entries().iter().filter_map(|entry| match entry.step {
        Step::Device(device) => Some((entry.at, device)),
        _ => None,
    });
    bands((from, episode.before().device), changes, to, |device| match device {
        DeviceState::Awake => None,
        DeviceState::Asleep => Some((Tone::Quiet, "asleep".into())),
        DeviceState::Offline => Some((Tone::Wait, "offline".into())),
    })
}

#[cfg(test)]
mod tests {
    use super::super::model::Timeline;
    use super::*;

    fn lane<'c>(chart: &'c Chart, name: &str) -> &'c [Mark] {
        chart.lanes.iter().find(|lane| lane.name == name).map_or(&[], |lane| &lane.marks)
    }

    #[test]
    fn a_race_is_a_red_bar_between_two_transitions() {
        let mut timeline = Timeline::default();
        let run =
            |identity, failed| Step::Received(ReceivedFrame::Transition { ran_as: vec![identity], failed });
        timeline.push(0.0, Step::Dialled);
        timeline.push(50.0, Step::Opened);
        timeline.push(150.0, run(QueryIdentity::Anonymous, 1));
        timeline.push(250.0, run(QueryIdentity::User("Alice".into()), 0));
        let chart = Chart::of(timeline.load(), 0.0, 300.0);
        let bands: Vec<_> =
            lane(&chart, "Queries ran as").iter().map(|m| (m.from, m.to, m.tone, &*m.text)).collect();
        let anonymous = (150.0, Some(250.0), Tone::Bad, "anonymous");
        assert_eq!(bands, [anonymous, (250.0, Some(chart.to), Tone::Good, "Alice")]);
        assert_eq!(lane(&chart, "Transition").len(), 2);
    }

    #[test]
    fn a_sleep_and_its_offline_time_are_one_episode() {
        let mut timeline = Timeline::default();
        timeline.push(0.0, Step::Dialled);
        timeline.push(50.0, Step::Opened);
        timeline.push(60.0, Step::Shown(Screen::Data));
        timeline.push(100.0, Step::Device(DeviceState::Asleep));
        timeline.push(10_100.0, Step::Device(DeviceState::Offline));
        timeline.push(13_100.0, Step::Device(DeviceState::Awake));
        let latest = timeline.latest().expect("steps after the load");
        let chart = Chart::of(latest, 100.0, 14_000.0);
        let outages: Vec<_> = chart.outages.iter().map(|m| (m.from, m.to, &*m.text)).collect();
        assert_eq!(outages, [(100.0, Some(10_100.0), "asleep"), (10_100.0, Some(13_100.0), "offline")]);
    }

    #[test]
    fn a_pending_fetch_is_a_bar_to_the_end() {
        let mut timeline = Timeline::default();
        timeline.push(10.0, Step::TokenRequested { fetch: 0, forced: false });
        let chart = Chart::of(timeline.load(), 0.0, 1_000.0);
        assert_eq!(lane(&chart, "Token fetch")[0].to, Some(chart.to));
        assert!(chart.to > 1_000.0);
    }

    #[test]
    fn the_grid_has_round_steps() {
        assert_eq!(grid(480.0), [0.0, 100.0, 200.0, 300.0, 400.0]);
        assert_eq!(grid(1_100.0), [0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0]);
    }
}
