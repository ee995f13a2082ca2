//! Network faults: dropped connections, and a simulated sleep of the device.

use super::knobs::DevServer;
use crate::{
    browser::XmlHttpRequest,
    timeline::{DeviceState, Recorder, Step},
};
use leptos::{ev::Event, prelude::*};
use serde_json::json;
use std::time::Duration;
use wasm_bindgen::JsValue;
use web_sys::{Event as DomEvent, EventTarget};

/// Sleep durations to choose from, in seconds.
const DURATIONS: [u32; 3] = [5, 10, 30];
/// The time from the page's wake until the network is back.
const NETWORK_DELAY: Duration = Duration::from_secs(3);
/// Long enough for the page to be painted.
const PAINT_TIME: Duration = Duration::from_millis(100);

/// The phase of a sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sleep {
    /// Not started.
    None,
    Asleep {
        seconds: u32,
    },
    /// The page is awake; the network is not back yet.
    Awake,
    Over,
}

/// Controls that drop the connections or put the page to sleep.
#[component]
pub fn NetworkControls(server: DevServer, recorders: [Recorder; 2]) -> impl IntoView {
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
        Sleep::None | Sleep::Asleep { .. } => "Sleep blocks this page and kills its sockets.",
        Sleep::Awake => "Awake; the network is back in 3 s.",
        Sleep::Over => "Awake, with network.",
    };
    view! {
        <fieldset class="knobs" disabled=move || server.has_no_knobs()>
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
                    <select aria-label="Sleep duration" data-testid="sleep-duration" on:change=choose>
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

/// The overlay that covers the page during a sleep.
#[component]
fn Asleep(seconds: u32) -> impl IntoView {
    view! {
        <div class="asleep" role="alert" data-testid="asleep">
            <div>
                <strong>{format!("Asleep for {seconds} s")}</strong>
                <p>
                    "The page is blocked: no timer fires and no frame arrives. Its sockets are dead, without a close event. \
                     The network comes back 3 s after the page wakes."
                </p>
                <div class="night" style=format!("--night: {seconds}s")></div>
            </div>
        </div>
    }
}

/// Blocks the page for `seconds`, then fires the events that a browser fires on wake:
/// `visibilitychange`, and `online` once the network is back.
fn fall_asleep(server: DevServer, seconds: u32, sleep: RwSignal<Sleep>, recorders: [Recorder; 2]) {
    let note = move |device| recorders.iter().for_each(|recorder| recorder.record(Step::Device(device)));
    sleep.set(Sleep::Asleep { seconds });
    note(DeviceState::Asleep);
    let wake = move || {
        if let Err(error) = block(&server.path("sleep"), seconds) {
            server.set_unreachable(format!("{error:?}"));
        }
        sleep.set(Sleep::Awake);
        note(DeviceState::Offline);
        dispatch(&document(), "visibilitychange");
        let network_is_back = move || {
            sleep.set(Sleep::Over);
            note(DeviceState::Awake);
            dispatch(&window(), "online");
        };
        // Browsers, too, report it shortly after the network is back.
        set_timeout(network_is_back, NETWORK_DELAY + PAINT_TIME);
    };
    set_timeout(wake, PAINT_TIME);
}

/// Blocks the page until the dev server responds at the end of the sleep.
///
/// A synchronous request is the only way to stop a page's timers, tasks and frames as a sleep does.
fn block(url: &str, seconds: u32) -> Result<(), JsValue> {
    let body = json!({ "sleepMs": seconds * 1_000, "networkLateMs": NETWORK_DELAY.as_millis() as u64 });
    let request = XmlHttpRequest::new();
    request.open("POST", url, false)?;
    request.set_request_header("content-type", "application/json")?;
    request.send(&body.to_string())
}

fn dispatch(target: &EventTarget, event: &str) {
    let sent = DomEvent::new(event).and_then(|event| target.dispatch_event(&event));
    if let Err(error) = sent {
        leptos::logging::error!("could not dispatch {event}: {error:?}");
    }
}
