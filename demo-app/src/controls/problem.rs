//! What is wrong with the deployment, said clearly.

use super::knobs::{DevServer, DevServerState};
use crate::{
    deployment::Deployment,
    setup::Setup,
    timeline::{Recorder, Socket, Step},
};
use leptos::prelude::*;
use std::time::Duration;

/// How often a deployment that does not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// Says that the deployment cannot be reached, for as long as it can't.
#[component]
pub fn Problem(setup: Setup, server: DevServer) -> impl IntoView {
    let panels = [setup.naive, setup.fixed];
    let connected = Memo::new(move |_| panels.iter().any(is_connected));
    let never_connected = Memo::new(move |_| panels.iter().all(has_failed_to_connect));
    Effect::new(move |_| {
        if !connected.get()
            && let Ok(timer) = set_interval_with_handle(move || server.ask(), ASK_AGAIN)
        {
            on_cleanup(move || timer.clear());
        }
    });
    let deployment = setup.deployment;
    let reason = move || match server.state().get() {
        _ if !deployment.is_an_address() => Some(not_an_address(&deployment)),
        _ if connected.get() => None,
        DevServerState::Unreachable { reason } => Some(unreachable(&deployment, &reason)),
        _ if never_connected.get() => Some(unreachable(&deployment, "its WebSocket does not open")),
        _ => None,
    };
    move || {
        reason().map(|(what, advice)| {
            view! {
                <div class="problem" role="alert" data-testid="problem">
                    <strong>{what}</strong>
                    {advice}
                </div>
            }
        })
    }
}

fn not_an_address(deployment: &Deployment) -> (String, String) {
    let what = format!("“{}” is not the address of a deployment.", deployment.url);
    (what, "Write it out in ?deployment=, such as https://happy-animal-123.convex.cloud.".to_owned())
}

fn unreachable(deployment: &Deployment, reason: &str) -> (String, String) {
    let what = format!("The deployment at {} cannot be reached.", deployment.url);
    (what, format!("{} ({reason})", deployment.advice()))
}

fn is_connected(recorder: &Recorder) -> bool {
    recorder.timeline().with(|timeline| timeline.socket() == Socket::Open)
}

fn has_failed_to_connect(recorder: &Recorder) -> bool {
    recorder.timeline().with(|timeline| {
        let count = |like: fn(&Step) -> bool| timeline.load().count(like);
        count(|step| matches!(step, Step::Opened)) == 0
            && count(|step| matches!(step, Step::Closed { .. })) >= 2
    })
}
