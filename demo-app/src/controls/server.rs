//! Sliders for the dev server's latency and token lifetime.

use super::knobs::{DevServer, DevServerState, KnobChange, Knobs};
use leptos::{ev::Event, prelude::*};

/// Token lifetimes to choose from, in seconds, with their names.
const LIFETIMES: [(u32, &str); 6] =
    [(5, "5 s"), (15, "15 s"), (60, "1 min"), (300, "5 min"), (900, "15 min"), (3600, "1 h")];

/// The dev server's latency and token lifetime.
#[component]
pub fn ServerControls(server: DevServer) -> impl IntoView {
    let note = move || match server.state().get() {
        DevServerState::Loading => "Connecting to the dev server…",
        DevServerState::Ready(_) => "Latency is one way: a round trip takes twice as long.",
        DevServerState::NoKnobs => "Only the dev server has these controls.",
        DevServerState::Unreachable { .. } => "The dev server does not respond.",
    };
    view! {
        <fieldset class="knobs" disabled=move || server.has_no_knobs()>
            <legend>"The server"</legend>
            <div class="row">
                <Latency server/>
                <TokenLifetime server/>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
    }
}

#[component]
fn Latency(server: DevServer) -> impl IntoView {
    let current = move || server.knobs().map(|knobs| knobs.latency_ms);
    let (dragged, drag) = signal(None::<u32>);
    let displayed = move || dragged.get().or_else(current);
    let name = move || displayed().map_or("–".to_owned(), |latency| format!("{latency} ms"));
    view! {
        <label class="slider">
            <span>"Latency"</span>
            <output>{name}</output>
            <input
                type="range"
                min="0"
                max="1000"
                step="25"
                data-testid="latency"
                aria-valuetext=name
                prop:value=move || displayed().unwrap_or_default()
                on:input=move |event| drag.set(event_target_value(&event).parse().ok())
                on:change=move |event| {
                    if let Ok(latency) = event_target_value(&event).parse() {
                        server.set(KnobChange::LatencyMs(latency));
                    }
                }
            />
        </label>
    }
}

#[component]
fn TokenLifetime(server: DevServer) -> impl IntoView {
    let current = move || server.knobs().map(|knobs: Knobs| nearest(knobs.token_lifetime_secs));
    let (dragged, drag) = signal(None::<usize>);
    let displayed = move || dragged.get().or_else(current);
    let name = move || displayed().map_or("–", |n| LIFETIMES[n].1);
    let choice = |event: &Event| event_target_value(event).parse().ok().filter(|n| *n < LIFETIMES.len());
    view! {
        <label class="slider">
            <span>"Token lifetime"</span>
            <output>{name}</output>
            <input
                type="range"
                min="0"
                max=LIFETIMES.len() - 1
                step="1"
                data-testid="token-lifetime"
                aria-valuetext=name
                prop:value=move || displayed().unwrap_or_default()
                on:input=move |event| drag.set(choice(&event))
                on:change=move |event| {
                    if let Some(n) = choice(&event) {
                        server.set(KnobChange::TokenLifetimeSecs(LIFETIMES[n].0));
                    }
                }
            />
        </label>
    }
}

/// The choice that is closest to a lifetime.
fn nearest(seconds: u32) -> usize {
    let distance = |n: &usize| LIFETIMES[*n].0.abs_diff(seconds);
    (0..LIFETIMES.len()).min_by_key(distance).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_rounded_to_the_nearest_choice() {
        assert_eq!(LIFETIMES[nearest(300)].1, "5 min");
        assert_eq!(LIFETIMES[nearest(7)].1, "5 s");
        assert_eq!(LIFETIMES[nearest(100_000)].1, "1 h");
    }
}
