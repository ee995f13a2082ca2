//! What a real deployment does not have: `/api/dev/…`, for the demo's controls and for tests. It is
//! never slowed down.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::{select, time::sleep};

use crate::{
    Knobs,
    clock::Clock,
    deployment::Deployment,
    journal::{Entries, Journal},
    knobs::{NetworkState, Panel},
    refusal::Refusal,
    shutdown::Shutdown,
};

/// What the routes reach into.
#[derive(Debug, Clone)]
pub(crate) struct Workshop {
    pub(crate) clock: Clock,
    pub(crate) panel: Panel,
    pub(crate) journal: Arc<Journal>,
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) shutdown: Shutdown,
}

pub(crate) fn routes(workshop: Workshop) -> Router {
    Router::new()
        .route("/api/dev/knobs", get(knobs).post(turn))
        .route("/api/dev/log", get(log).delete(clear_log))
        .route("/api/dev/drop", post(drop_connections))
        .route("/api/dev/garbage", post(send_garbage))
        .route("/api/dev/restart", post(restart))
        .route("/api/dev/sleep", post(fall_asleep))
        .with_state(workshop)
}

async fn knobs(State(workshop): State<Workshop>) -> Json<Knobs> {
    Json(workshop.panel.knobs())
}

async fn turn(
    State(workshop): State<Workshop>,
    changes: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Knobs>, Refusal> {
    let Json(changes) = changes.map_err(|error| bad_request(error.body_text()))?;
    workshop.panel.turn(changes).map(Json).map_err(|error| bad_request(error.to_string()))
}

/// The log as it is answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    /// Now, in milliseconds since the server's start, as all times in the log.
    now_ms: u64,
    /// The server's start, in milliseconds since 1970.
    started_at: i64,
    #[serde(flatten)]
    entries: Entries,
}

async fn log(State(workshop): State<Workshop>) -> Json<Log> {
    let Workshop { clock, journal, .. } = workshop;
    let now_ms = u64::try_from(clock.now().since_start().as_millis()).unwrap_or(u64::MAX);
    Json(Log { now_ms, started_at: clock.started_at().0, entries: journal.entries() })
}

async fn clear_log(State(workshop): State<Workshop>) {
    workshop.journal.clear();
}

/// Whose sockets a command is about; all, where it does not say.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Target {
    session_id: Option<String>,
}

async fn drop_connections(State(workshop): State<Workshop>, target: Option<Json<Target>>) -> Json<Value> {
    let Json(Target { session_id }) = target.unwrap_or_default();
    Json(json!({ "connections": workshop.deployment.drop_connections(session_id.as_deref()) }))
}

async fn send_garbage(State(workshop): State<Workshop>, target: Option<Json<Target>>) -> Json<Value> {
    let Json(Target { session_id }) = target.unwrap_or_default();
    Json(json!({ "connections": workshop.deployment.send_garbage(session_id.as_deref()) }))
}

async fn restart(State(workshop): State<Workshop>) -> Json<Value> {
    Json(json!({ "connections": workshop.deployment.restart() }))
}

/// How long a client's machine sleeps, and how much later its network is back.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Nap {
    sleep_ms: u64,
    network_late_ms: u64,
}

/// Kills the network, answers when the machine is to wake, and brings the network back later,
/// whether or not somebody still waits.
async fn fall_asleep(
    State(workshop): State<Workshop>,
    nap: Result<Json<Nap>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    let Json(nap) = nap.map_err(|error| bad_request(error.body_text()))?;
    let Workshop { panel, mut shutdown, .. } = workshop;
    panel.set_network(NetworkState::Dead);
    tokio::spawn(async move {
        sleep(Duration::from_millis(nap.sleep_ms.saturating_add(nap.network_late_ms))).await;
        panel.set_network(NetworkState::Up);
    });
    select! {
        () = sleep(Duration::from_millis(nap.sleep_ms)) => Ok(StatusCode::NO_CONTENT),
        () = shutdown.requested() => Err(Refusal::shutting_down()),
    }
}

fn bad_request(message: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}
