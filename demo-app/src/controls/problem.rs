//! What is wrong with the deployment, said clearly.

use super::knobs::{DevServer, DevServerState};
use crate::deployment::Deployment;
use leptos::prelude::*;
use std::time::Duration;

/// How often a deployment that does not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// Says that the deployment cannot be reached, for as long as it can't.
#[component]
pub fn Problem(deployment: Deployment, server: DevServer) -> impl IntoView {
    let reason = Memo::new(move |_| match server.state().get() {
        DevServerState::Unreachable { reason } => Some(reason),
        _ => None,
    });
    Effect::new(move |_| {
        if reason.get().is_some()
            && let Ok(timer) = set_interval_with_handle(move || server.ask(), ASK_AGAIN)
        {
            on_cleanup(move || timer.clear());
        }
    });
    move || {
        let url = deployment.url.clone();
        let advice = deployment.advice();
        reason.get().map(|reason| {
            view! {
                <div class="problem" role="alert" data-testid="problem">
                    <strong>{format!("The deployment at {url} cannot be reached.")}</strong>
                    {format!("{advice} ({reason})")}
                </div>
            }
        })
    }
}
