//! The timeline on the page: an SVG, and its steps as a list.

use super::chart::{Chart, Lane, Mark, Tone};
use super::model::{Episode, Millis, SentFrame, Step};
use super::recorder::Recorder;
use super::step_text::describe;
use leptos::prelude::*;
use std::time::Duration;

/// The height of a lane. The style sheet gives the lanes' names the same height.
const ROW: f64 = 21.0;
const AXIS: f64 = 20.0;

/// The part of the recording that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimelinePart {
    Load,
    Latest,
}

/// The timeline of a panel. Page loads are drawn to the same scale as the page load of `beside`,
/// the other panel.
///
/// For the end-to-end tests, `data-` attributes count the page load's token fetches,
/// `Authenticate`s and anonymous runs.
#[component]
pub fn TimelineFigure(recorder: Recorder, beside: Recorder, name: &'static str) -> impl IntoView {
    let part = RwSignal::new(TimelinePart::Load);
    let has_latest = move || recorder.timeline().with(|timeline| timeline.latest().is_some());
    let episode = Memo::new(move |_| {
        recorder.timeline().with(|timeline| match (part.get(), timeline.latest()) {
            (TimelinePart::Latest, Some(latest)) => latest.clone(),
            _ => timeline.load().clone(),
        })
    });
    let beside_pending = move || beside.timeline().with(|timeline| timeline.load().is_pending());
    let now = ticking_while(move || episode.with(Episode::is_pending) || beside_pending(), recorder);
    let chart = Memo::new(move |_| {
        let now = now.get();
        episode.with(|episode| {
            if part.get() == TimelinePart::Latest {
                return Chart::of(episode, episode.started().unwrap_or(0.0), episode.until(now));
            }
            let beside = beside.timeline().with(|timeline| timeline.load().until(now));
            Chart::of(episode, 0.0, episode.until(now).max(beside))
        })
    });
    let count = move |predicate: fn(&Step) -> bool| {
        recorder.timeline().with(|timeline| timeline.load().count(predicate))
    };
    let since = move || match part.get() {
        TimelinePart::Load => {
            format!("since the app started, {:.0} ms into the page load", recorder.origin())
        }
        TimelinePart::Latest => "since the latest change began".to_owned(),
    };
    let choose = move |this: TimelinePart, label: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (part.get() == this).to_string()
                disabled=move || this == TimelinePart::Latest && !has_latest()
                on:click=move |_| part.set(this)
            >
                {label}
            </button>
        }
    };
    view! {
        <figure
            class="timeline"
            data-testid="timeline"
            data-token-fetches=move || count(|step| matches!(step, Step::TokenRequested { .. }))
            data-authenticates=move || count(|step| matches!(step, Step::Sent(SentFrame::Authenticate { .. })))
            data-ran-anonymously=move || count(Step::ran_anonymously)
        >
            <figcaption>
                <h3>"Timeline " <small>{since}</small></h3>
                <div class="segmented small" role="group" aria-label=format!("{name}: part of the timeline")>
                    {choose(TimelinePart::Load, "Page load")}
                    {choose(TimelinePart::Latest, "Latest")}
                </div>
            </figcaption>
            <Plot chart name/>
            <div class="legend">
                <Steps episode/>
                <p aria-hidden="true"><span>"▲ to the server"</span><span>"▽ from the server"</span><span>"┊ first data"</span></p>
            </div>
        </figure>
    }
}

/// The time. It advances while `pending`, so that open bars grow.
fn ticking_while(
    pending: impl Fn() -> bool + Send + Sync + 'static,
    recorder: Recorder,
) -> ReadSignal<Millis> {
    let (now, set_now) = signal(recorder.now());
    Effect::new(move |_| {
        set_now.set(recorder.now());
        if pending()
            && let Ok(timer) =
                set_interval_with_handle(move || set_now.set(recorder.now()), Duration::from_millis(200))
        {
            on_cleanup(move || timer.clear());
        }
    });
    now
}

#[component]
fn Plot(chart: Memo<Chart>, name: &'static str) -> impl IntoView {
    let height = move || chart.with(|chart| chart.lanes.len() as f64 * ROW + AXIS);
    let labels = move || {
        chart.with(|chart| chart.lanes.iter().map(|lane| view! { <li>{lane.name}</li> }).collect_view())
    };
    let drawing = move || chart.with(draw);
    view! {
        <div class="plot">
            <ol class="lanes" aria-hidden="true">{labels}</ol>
            <svg
                class="chart"
                width="100%"
                height=height
                role="img"
                aria-label=format!("{name}: timeline; its steps follow as a list")
            >
                {drawing}
            </svg>
        </div>
    }
}

fn draw(chart: &Chart) -> impl IntoView + use<> {
    let bottom = chart.lanes.len() as f64 * ROW;
    let stripes = (0..chart.lanes.len()).step_by(2).map(|row| {
        view! { <rect class="stripe" x="0" y=row as f64 * ROW width="100%" height=ROW></rect> }
    });
    let grid = chart.grid.iter().map(|at| {
        let x = percent(chart.percent(chart.from + at));
        let class = match chart.percent(chart.from + at) {
            ..2.0 => "tick-label first",
            94.0.. => "tick-label last",
            _ => "tick-label",
        };
        view! {
            <line class="grid" x1=x.clone() x2=x.clone() y1="0" y2=bottom></line>
            <text class=class x=x y=bottom + 14.0>{format_tick(*at, chart.to - chart.from)}</text>
        }
    });
    let outages = chart.outages.iter().map(|outage| draw_outage(chart, outage, bottom));
    let lanes = chart.lanes.iter().enumerate().map(|(row, lane)| draw_lane(chart, lane, row as f64 * ROW));
    let first_data = chart.first_data.map(|at| {
        let x = percent(chart.percent(at));
        view! { <line class="first-data" x1=x.clone() x2=x y1="0" y2=bottom></line> }
    });
    view! {
        {stripes.collect_view()}
        {grid.collect_view()}
        {outages.collect_view()}
        {first_data}
        {lanes.collect_view()}
    }
}

/// A bar behind all lanes, with its name halfway down, where it covers the least text.
fn draw_outage(chart: &Chart, outage: &Mark, height: f64) -> impl IntoView + use<> {
    let start = chart.percent(outage.from);
    let end = chart.percent(outage.to.unwrap_or(chart.to));
    view! {
        <g class=format!("outage {}", outage.tone.class())>
            <rect x=percent(start) width=percent(end - start) y="0" height=height></rect>
            <text x=percent((start + end) / 2.0) y=6.5 * ROW + 4.0>{outage.text.clone()}</text>
        </g>
    }
}

fn draw_lane(chart: &Chart, lane: &Lane, top: f64) -> impl IntoView + use<> {
    let starts: Vec<f64> = lane.marks.iter().map(|mark| chart.percent(mark.from)).collect();
    let draw = |(index, mark): (usize, &Mark)| {
        let title = format!("{} {}: {}", lane.name, mark.text, format_millis(mark.from - chart.from));
        let start = starts[index];
        match mark.to {
            Some(to) => draw_bar(mark, title, start, chart.percent(to), top).into_any(),
            None => {
                let others = || (0..starts.len()).filter(|other| *other != index).map(|other| starts[other]);
                let before = others().filter(|other| *other <= start).fold(0.0, f64::max);
                let after = others().filter(|other| *other >= start).fold(100.0, f64::min);
                draw_tick(mark, title, start, LabelSide::beside(start, before, after), top).into_any()
            }
        }
    };
    lane.marks.iter().enumerate().map(draw).collect_view()
}

fn draw_bar(mark: &Mark, title: String, start: f64, end: f64, top: f64) -> impl IntoView + use<> {
    // A letter is 6.6 pixels wide; one percent of a chart on a wide screen is nearly 5.
    let fits = mark.text.len() as f64 * 1.35 + 1.5 < end - start;
    view! {
        <svg
            class=format!("mark {}", mark.tone.class())
            x=percent(start)
            y=top + 3.0
            width=percent(end - start)
            height=ROW - 6.0
        >
            <title>{title}</title>
            <rect class="bar" width="100%" height="100%" rx="2"></rect>
            {fits.then(|| view! { <text class="bar-text" x="5" y="12">{mark.text.clone()}</text> })}
        </svg>
    }
}

fn draw_tick(
    mark: &Mark,
    title: String,
    start: f64,
    room: Option<LabelSide>,
    top: f64,
) -> impl IntoView + use<> {
    let text = room.map(|room| {
        let (anchor, dx) = match room {
            LabelSide::After => ("start", 8),
            LabelSide::Before => ("end", -8),
        };
        view! {
            <text class="tick-text" x=percent(start) dx=dx y=top + 15.0 text-anchor=anchor>{mark.text.clone()}</text>
        }
    });
    view! {
        <g class=format!("mark {}", mark.tone.class())>
            <title>{title}</title>
            <svg x=percent(start) y=top + ROW / 2.0 overflow="visible">
                <path d=glyph(mark.tone)></path>
            </svg>
            {text}
        </g>
    }
}

/// The side of a tick that has room for its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LabelSide {
    Before,
    After,
}

impl LabelSide {
    /// The tick and its neighbours, in percent of the chart's width.
    fn beside(at: f64, before: f64, after: f64) -> Option<Self> {
        const TEXT: f64 = 17.0;
        match (after - at > TEXT, at - before > TEXT) {
            (true, _) => Some(Self::After),
            (false, true) => Some(Self::Before),
            (false, false) => None,
        }
    }
}

/// An upward triangle for frames to the server, a downward one for other ticks.
fn glyph(tone: Tone) -> &'static str {
    match tone {
        Tone::Sent => "M0 -5 5 4 -5 4Z",
        _ => "M0 5 5 -4 -5 -4Z",
    }
}

/// The steps as text, for screen readers and for more detail.
#[component]
fn Steps(episode: Memo<Episode>) -> impl IntoView {
    let open = RwSignal::new(false);
    let rows = move || {
        open.get().then(|| {
            episode.with(|episode| {
                let row = |(at, text): (Millis, String)| {
                    view! { <li><span class="at">{format_millis(at)}</span>{text}</li> }
                };
                episode.entries().iter().map(|entry| row((entry.at, describe(&entry.step)))).collect_view()
            })
        })
    };
    view! {
        <details class="steps" on:toggle=move |_| open.update(|open| *open = !*open)>
            <summary>"Every step as a list"</summary>
            <ol>{rows}</ol>
        </details>
    }
}

fn percent(x: f64) -> String {
    format!("{x:.3}%")
}

fn format_millis(at: Millis) -> String {
    if at >= 10_000.0 { format!("{:.2} s", at / 1_000.0) } else { format!("{at:.0} ms") }
}

/// In the unit that suits the whole axis.
fn format_tick(at: Millis, span: Millis) -> String {
    if span >= 5_000.0 { format!("{:.0} s", at / 1_000.0) } else { format!("{at:.0} ms") }
}
