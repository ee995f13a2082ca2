//! An alert while the deployment cannot be reached.

use super::knobs::{DevServer, DevServerState};
use crate::{
    deployment::Deployment,
    setup::DemoSetup,
    timeline::{Recorder, SocketPhase, Step},
};
use leptos::prelude::*;
use std::time::Duration;

/// The time between two requests to a deployment that does not respond.
const RETRY_INTERVAL: Duration = Duration::from_secs(3);

/// An alert with advice, shown while the deployment cannot be reached.
#[component]
pub fn Problem(setup: DemoSetup, server: DevServer) -> impl IntoView {
    let panels = [setup.naive, setup.fixed];
    let connected = Memo::new(move |_| panels.iter().any(is_connected));
    let never_connected = Memo::new(move |_| panels.iter().all(has_failed_to_connect));
    Effect::new(move |_| {
        if !connected.get()
            && let Ok(timer) = set_interval_with_handle(move || server.refresh(), RETRY_INTERVAL)
        {
            on_cleanup(move || timer.clear());
        }
    });
    let deployment = setup.deployment;
    let reason = move || match server.state().get() {
        _ if !deployment.is_http_url() => Some(invalid_url(&deployment)),
        _ if connected.get() => None,
        DevServerState::Unreachable { reason } => Some(unreachable(&deployment, &reason)),
        _ if never_connected.get() => Some(unreachable(&deployment, "its WebSocket does not open")),
        _ => None,
    };
    move || {
        reason().map(|(problem, advice)| {
            view! {
                <div class="problem" role="alert" data-testid="problem">
                    <strong>{problem}</strong>
                    {advice}
                </div>
            }
        })
    }
}

fn invalid_url(deployment: &Deployment) -> (String, String) {
    let problem = format!("“{}” is not a deployment URL.", deployment.url);
    (problem, "Put a full URL into ?deployment=, such as https://happy-animal-123.convex.cloud.".to_owned())
}

fn unreachable(deployment: &Deployment, reason: &str) -> (String, String) {
    let problem = format!("The deployment at {} cannot be reached.", deployment.url);
    (problem, format!("{} ({reason})", deployment.advice()))
}

fn is_connected(recorder: &Recorder) -> bool {
    recorder.timeline().with(|timeline| timeline.socket() == SocketPhase::Open)
}

fn has_failed_to_connect(recorder: &Recorder) -> bool {
    recorder.timeline().with(|timeline| {
        let count = |like: fn(&Step) -> bool| timeline.load().count(like);
        count(|step| matches!(step, Step::Opened)) == 0
            && count(|step| matches!(step, Step::Closed { .. })) >= 2
    })
}
