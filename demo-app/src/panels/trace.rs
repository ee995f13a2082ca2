//! What remains of a flash that is over: how long an error was on screen, and when the first data
//! was.

use crate::timeline::{Episode, Recorder};
use leptos::prelude::*;

/// The verdict of this page load, and its time to first data.
#[component]
pub fn Trace(recorder: Recorder) -> impl IntoView {
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

/// Whether an error was on screen.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    /// None was so far, and there is no data yet.
    Open,
    /// None was.
    Clean,
    /// One was, for so many milliseconds altogether.
    Shown(f64),
    /// One is.
    Showing,
}

impl Verdict {
    fn of(episode: &Episode) -> Self {
        let spans = episode.errors_shown();
        let ended = |(from, to): &(f64, Option<f64>)| to.map(|to| to - from);
        match spans.iter().map(ended).sum::<Option<f64>>() {
            None => Self::Showing,
            Some(_) if spans.is_empty() && episode.is_pending() => Self::Open,
            Some(_) if spans.is_empty() => Self::Clean,
            Some(millis) => Self::Shown(millis),
        }
    }

    fn tone(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Clean => "good",
            Self::Shown(_) | Self::Showing => "bad",
        }
    }

    fn during(self, when: &str) -> String {
        match self {
            Self::Open => "No error so far".to_owned(),
            Self::Clean => format!("No error {when}"),
            Self::Shown(millis) => format!("Error shown for {millis:.0} ms {when}"),
            Self::Showing => "Error on screen now".to_owned(),
        }
    }
}
