//! The network: connections that drop, and a laptop that sleeps.

use super::knobs::DevServer;
use crate::{
    browser::XmlHttpRequest,
    timeline::{Machine, Recorder, Step},
};
use leptos::{ev::Event, prelude::*};
use serde_json::json;
use std::time::Duration;
use wasm_bindgen::JsValue;
use web_sys::{Event as DomEvent, EventTarget};

/// Times to sleep, in seconds.
const DURATIONS: [u32; 3] = [5, 10, 30];
/// How much later than the page the network wakes.
const NETWORK_LATE: Duration = Duration::from_secs(3);
/// Long enough for the page to be drawn.
const DRAWN: Duration = Duration::from_millis(100);

/// Where a sleep is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sleep {
    /// There was none so far.
    None,
    Asleep {
        seconds: u32,
    },
    /// The page is awake, the network is not.
    Awake,
    Over,
}

/// Drops the connections, or sends the page to sleep.
#[component]
pub fn SleepControl(server: DevServer, recorders: [Recorder; 2]) -> impl IntoView {
    let sleep = RwSignal::new(Sleep::None);
    let seconds = RwSignal::new(DURATIONS[1]);
    let choose = move |event: Event| {
        if let Ok(chosen) = event_target_value(&event).parse() {
            seconds.set(chosen);
        }
    };
    let options = DURATIONS.map(|choice| {
        view! {
            <option value=choice selected=move || seconds.get() == choice>{format!("{choice} s")}</option>
        }
    });
    let under_way = move || matches!(sleep.get(), Sleep::Asleep { .. } | Sleep::Awake);
    let note = move || match sleep.get() {
        Sleep::None | Sleep::Asleep { .. } => "Asleep, this page is blocked and its sockets die.",
        Sleep::Awake => "Awake, but its network is not: for 3 s.",
        Sleep::Over => "Awake, and its network is back.",
    };
    view! {
        <fieldset class="knobs" disabled=move || server.cannot_be_turned()>
            <legend>"The network"</legend>
            <div class="row">
                <button type="button" data-testid="drop-connection" on:click=move |_| server.drop_connections()>
                    "Drop connection"
                </button>
                <div class="segmented" role="group" aria-label="Sleep">
                    <button
                        type="button"
                        data-testid="sleep"
                        disabled=under_way
                        on:click=move |_| fall_asleep(server, seconds.get(), sleep, recorders)
                    >
                        "Sleep"
                    </button>
                    <select aria-label="For how long" data-testid="sleep-duration" on:change=choose>
                        {options.collect_view()}
                    </select>
                </div>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
        {move || match sleep.get() {
            Sleep::Asleep { seconds } => Some(view! { <Asleep seconds/> }),
            _ => None,
        }}
    }
}

/// Over the page while it sleeps.
#[component]
fn Asleep(seconds: u32) -> impl IntoView {
    view! {
        <div class="asleep" role="alert" data-testid="asleep">
            <div>
                <strong>{format!("Asleep for {seconds} s")}</strong>
                <p>
                    "The page is really blocked: no timer fires, no frame arrives. Its sockets are dead, and nobody tells it. \
                     It wakes 3 s before its network."
                </p>
                <div class="night" style=format!("--night: {seconds}s")></div>
            </div>
        </div>
    }
}

/// Puts the page to sleep, and tells it what a browser tells a page that wakes: that it is visible
/// again, then that it is online.
fn fall_asleep(server: DevServer, seconds: u32, sleep: RwSignal<Sleep>, recorders: [Recorder; 2]) {
    let note = move |machine| recorders.iter().for_each(|recorder| recorder.note(Step::Machine(machine)));
    sleep.set(Sleep::Asleep { seconds });
    note(Machine::Asleep);
    let wake = move || {
        if let Err(error) = block(&server.path("sleep"), seconds) {
            server.set_unreachable(format!("{error:?}"));
        }
        sleep.set(Sleep::Awake);
        note(Machine::Offline);
        announce(&document(), "visibilitychange");
        let network_is_back = move || {
            sleep.set(Sleep::Over);
            note(Machine::Awake);
            announce(&window(), "online");
        };
        // A browser, too, tells it a moment later.
        set_timeout(network_is_back, NETWORK_LATE + DRAWN);
    };
    set_timeout(wake, DRAWN);
}

/// Stops everything in this page until the dev server answers, which is when the sleep is over:
/// nothing else stops a page's timers, its tasks and the delivery of frames as a sleep does.
fn block(url: &str, seconds: u32) -> Result<(), JsValue> {
    let nap = json!({ "sleepMs": seconds * 1_000, "networkLateMs": NETWORK_LATE.as_millis() as u64 });
    let request = XmlHttpRequest::new();
    request.open("POST", url, false)?;
    request.set_request_header("content-type", "application/json")?;
    request.send(&nap.to_string())
}

fn announce(target: &EventTarget, event: &str) {
    let sent = DomEvent::new(event).and_then(|event| target.dispatch_event(&event));
    if let Err(error) = sent {
        leptos::logging::error!("{event} could not be announced: {error:?}");
    }
}
