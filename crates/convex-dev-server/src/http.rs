//! Functions over HTTP: `POST /api/query`, `/api/mutation` and `/api/action`.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use convex_testkit::{FunctionKind, HttpReply, HttpRequest, MAX_BODY_BYTES};

use crate::{deployment::DeploymentHost, error_response::ErrorResponse};

/// The header with the name and version of a client, used if the path has none.
pub(crate) const CLIENT_HEADER: &str = "convex-client";

pub(crate) fn routes(deployment: Arc<DeploymentHost>) -> Router {
    Router::new()
        .route("/api/query", function(FunctionKind::Query))
        .route("/api/mutation", function(FunctionKind::Mutation))
        .route("/api/action", function(FunctionKind::Action))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(deployment)
}

type Body = Result<Bytes, BytesRejection>;

fn function(kind: FunctionKind) -> MethodRouter<Arc<DeploymentHost>> {
    post(move |State(deployment): State<Arc<DeploymentHost>>, headers: HeaderMap, body: Body| async move {
        match body {
            Ok(body) => response(call(&deployment, kind, &headers, &body).await),
            Err(unread) => {
                ErrorResponse::new(StatusCode::BAD_REQUEST, "BadJsonBody", unread.body_text()).into_response()
            }
        }
    })
}

async fn call(
    deployment: &DeploymentHost,
    kind: FunctionKind,
    headers: &HeaderMap,
    body: &[u8],
) -> HttpReply {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let request = HttpRequest {
        kind,
        body,
        content_type: text(CONTENT_TYPE.as_str()),
        authorization: headers.get(AUTHORIZATION).map(|value| value.as_bytes()),
        client: text(CLIENT_HEADER),
        request_id: text("convex-request-id"),
    };
    deployment.call(&request).await
}

/// The response for a reply of the model deployment.
pub(crate) fn response(reply: HttpReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(CONTENT_TYPE, "application/json")], reply.body).into_response();
    for (name, value) in reply.headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
