//! Functions over HTTP: `POST /api/query`, `/api/mutation` and `/api/action`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use convex_testkit::{ClientVersion, FunctionKind};

use crate::{
    deployment::Deployment,
    refusal::Refusal,
    sync::{CLIENT_HEADER, refuse},
};

/// As large as a real deployment takes them.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024 + 2000;

pub(crate) fn routes(deployment: Arc<Deployment>) -> Router {
    Router::new()
        .route("/api/query", function(FunctionKind::Query))
        .route("/api/mutation", function(FunctionKind::Mutation))
        .route("/api/action", function(FunctionKind::Action))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(deployment)
}

fn function(kind: FunctionKind) -> MethodRouter<Arc<Deployment>> {
    post(move |State(deployment): State<Arc<Deployment>>, headers: HeaderMap, body: String| async move {
        call(&deployment, kind, &headers, &body).await.unwrap_or_else(|refused| refused)
    })
}

async fn call(
    deployment: &Deployment,
    kind: FunctionKind,
    headers: &HeaderMap,
    body: &str,
) -> Result<Response, Response> {
    if let Some(client) = headers.get(CLIENT_HEADER) {
        ClientVersion::from_header(client.to_str().unwrap_or_default())
            .map_err(|refused| refuse(&refused))?;
    }
    let bearer = bearer(headers).map_err(IntoResponse::into_response)?;
    let reply = deployment.call(kind, body, bearer).await;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, [(CONTENT_TYPE, "application/json")], reply.body).into_response())
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(authorization) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let token = authorization.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
    token.map(Some).ok_or_else(|| {
        let message = "The Authorization header must be `Bearer` and a token; there are no admin keys here";
        Refusal::new(StatusCode::UNAUTHORIZED, "BadAuthorizationHeader", message)
    })
}
