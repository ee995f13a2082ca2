//! How long an error was on screen, and when the first data was.

use crate::timeline::{Episode, Recorder};
use leptos::prelude::*;

/// The verdicts of the page load and of the latest episode, and the time to first data.
#[component]
pub fn VerdictLine(recorder: Recorder) -> impl IntoView {
    let load = Memo::new(move |_| recorder.timeline().with(|timeline| Verdict::of(timeline.load())));
    let latest = Memo::new(move |_| recorder.timeline().with(|timeline| timeline.latest().map(Verdict::of)));
    let first_data = move || recorder.timeline().with(|timeline| timeline.load().first_data());
    let line = |verdict: Verdict, when: &str| {
        view! { <p class=format!("verdict {}", verdict.tone())>{verdict.during(when)}</p> }
    };
    view! {
        <div class="trace">
            <div data-testid="error-trace">
                {move || line(load.get(), "during this load")}
                {move || {
                    let latest = latest.get().filter(|verdict| verdict.tone() == "bad")?;
                    Some(line(latest, "in the latest change"))
                }}
            </div>
            <dl class="figure">
                <dt>"First data"</dt>
                <dd data-testid="first-data">
                    {move || first_data().map_or("–".into(), |at| format!("{at:.0} ms"))}
                </dd>
            </dl>
        </div>
    }
}

/// Whether an error was on screen during an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    /// No error so far; the episode is still pending.
    Pending,
    /// No error.
    Clean,
    /// An error was on screen, for this many milliseconds in total.
    Past(f64),
    /// An error is on screen now.
    Current,
}

impl Verdict {
    fn of(episode: &Episode) -> Self {
        let spans = episode.errors_shown();
        let ended = |(from, to): &(f64, Option<f64>)| to.map(|to| to - from);
        match spans.iter().map(ended).sum::<Option<f64>>() {
            None => Self::Current,
            Some(_) if spans.is_empty() && episode.is_pending() => Self::Pending,
            Some(_) if spans.is_empty() => Self::Clean,
            Some(millis) => Self::Past(millis),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Self::Pending => "open",
            Self::Clean => "good",
            Self::Past(_) | Self::Current => "bad",
        }
    }

    fn during(self, when: &str) -> String {
        match self {
            Self::Pending => "No error so far".to_owned(),
            Self::Clean => format!("No error {when}"),
            Self::Past(millis) => format!("Error shown for {millis:.0} ms {when}"),
            Self::Current => "Error on screen now".to_owned(),
        }
    }
}
