//! The controls that a real deployment does not have: `/api/dev/…`, for the demo and for tests.
//! They are never delayed.

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
    clock::ServerClock,
    deployment::DeploymentHost,
    error_response::ErrorResponse,
    journal::{Entries, Journal},
    knobs::{KnobPanel, NetworkState},
    shutdown::Shutdown,
};

/// The state of the routes.
#[derive(Debug, Clone)]
pub(crate) struct DevState {
    pub(crate) clock: ServerClock,
    pub(crate) panel: KnobPanel,
    pub(crate) journal: Arc<Journal>,
    pub(crate) deployment: Arc<DeploymentHost>,
    pub(crate) shutdown: Shutdown,
}

pub(crate) fn routes(state: DevState) -> Router {
    Router::new()
        .route("/api/dev/knobs", get(knobs).post(turn))
        .route("/api/dev/log", get(log).delete(clear_log))
        .route("/api/dev/drop", post(drop_connections))
        .route("/api/dev/garbage", post(send_garbage))
        .route("/api/dev/restart", post(restart))
        .route("/api/dev/sleep", post(sleep_and_wake))
        .with_state(state)
}

async fn knobs(State(state): State<DevState>) -> Json<Knobs> {
    Json(state.panel.knobs())
}

async fn turn(
    State(state): State<DevState>,
    changes: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Knobs>, ErrorResponse> {
    let Json(changes) = changes.map_err(|error| bad_request(error.body_text()))?;
    state.panel.turn(changes).map(Json).map_err(|error| bad_request(error.to_string()))
}

/// The response of `GET /api/dev/log`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogResponse {
    /// The current time in milliseconds since the server's start, like all times in the log.
    now_ms: u64,
    /// The server's start, in milliseconds since 1970.
    started_at: i64,
    #[serde(flatten)]
    entries: Entries,
}

async fn log(State(state): State<DevState>) -> Json<LogResponse> {
    let DevState { clock, journal, .. } = state;
    let now_ms = u64::try_from(clock.now().since_start().as_millis()).unwrap_or(u64::MAX);
    Json(LogResponse { now_ms, started_at: clock.started_at().0, entries: journal.entries() })
}

async fn clear_log(State(state): State<DevState>) {
    state.journal.clear();
}

/// The session that a command applies to; all sessions by default.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SessionFilter {
    session_id: Option<String>,
}

async fn drop_connections(State(state): State<DevState>, filter: Option<Json<SessionFilter>>) -> Json<Value> {
    let Json(SessionFilter { session_id }) = filter.unwrap_or_default();
    Json(json!({ "connections": state.deployment.drop_connections(session_id.as_deref()) }))
}

async fn send_garbage(State(state): State<DevState>, filter: Option<Json<SessionFilter>>) -> Json<Value> {
    let Json(SessionFilter { session_id }) = filter.unwrap_or_default();
    Json(json!({ "connections": state.deployment.send_garbage(session_id.as_deref()) }))
}

async fn restart(State(state): State<DevState>) -> Json<Value> {
    Json(json!({ "connections": state.deployment.restart() }))
}

/// How long a client's machine sleeps, and how much later its network works again.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SleepRequest {
    sleep_ms: u64,
    network_late_ms: u64,
}

/// Kills the network, responds when the machine should wake, and restores the network later, even
/// if the request was dropped.
async fn sleep_and_wake(
    State(state): State<DevState>,
    request: Result<Json<SleepRequest>, JsonRejection>,
) -> Result<StatusCode, ErrorResponse> {
    let Json(request) = request.map_err(|error| bad_request(error.body_text()))?;
    let DevState { panel, mut shutdown, .. } = state;
    panel.set_network(NetworkState::Dead);
    tokio::spawn(async move {
        sleep(Duration::from_millis(request.sleep_ms.saturating_add(request.network_late_ms))).await;
        panel.set_network(NetworkState::Up);
    });
    select! {
        () = sleep(Duration::from_millis(request.sleep_ms)) => Ok(StatusCode::NO_CONTENT),
        () = shutdown.requested() => Err(ErrorResponse::shutting_down()),
    }
}

fn bad_request(message: String) -> ErrorResponse {
    ErrorResponse::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}
