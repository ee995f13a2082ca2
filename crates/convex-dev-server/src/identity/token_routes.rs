//! The token endpoint, and the keys that verify tokens.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{AUDIENCE, IdentityService, sessions::AuthSession};
use crate::{error_response::ErrorResponse, knobs::TokenEndpoint};

pub(super) const KEYS: &str = "/api/auth/convex/jwks";
const OTHER_AUDIENCE: &str = "someone-else";

pub(super) fn routes() -> Router<Arc<IdentityService>> {
    Router::new()
        .route("/api/auth/convex/token", get(token))
        .route(KEYS, get(keys))
        .route("/.well-known/jwks.json", get(keys))
        .route("/api/auth/convex/.well-known/openid-configuration", get(discovery))
        .route("/.well-known/openid-configuration", get(discovery))
}

async fn token(
    State(service): State<Arc<IdentityService>>,
    headers: HeaderMap,
) -> Result<Response, ErrorResponse> {
    let session = service.session(&headers);
    let knobs = service.panel.knobs();
    let account = session.as_ref().map(|session| session.account.id);
    service.journal.token_fetched(service.clock.now(), account, knobs.token_endpoint);
    sleep(Duration::from_millis(knobs.token_delay_ms)).await;

    // The session was read on arrival, as in other services: the token arrives even if the session
    // has ended meanwhile.
    let session = session
        .ok_or_else(|| ErrorResponse::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Unauthorized"))?;
    match service.panel.token_endpoint_that_answers().await {
        TokenEndpoint::Ok => service.token(&session, AUDIENCE),
        TokenEndpoint::WrongAudience => service.token(&session, OTHER_AUDIENCE),
        TokenEndpoint::Html => {
            Ok(Html("<!doctype html><title>Welcome</title><p>Not a token.").into_response())
        }
        TokenEndpoint::Failing | TokenEndpoint::Hanging => {
            Err(ErrorResponse::internal("the token endpoint fails on purpose: see its knob"))
        }
    }
}

async fn keys(State(service): State<Arc<IdentityService>>) -> Json<JwkSet> {
    Json(service.tokens.keys())
}

async fn discovery(State(service): State<Arc<IdentityService>>) -> Json<Value> {
    let issuer = service.tokens.issuer();
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}{KEYS}"),
        "authorization_endpoint": format!("{issuer}/api/auth/sign-in/email"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

impl IdentityService {
    fn token(&self, session: &AuthSession, audience: &str) -> Result<Response, ErrorResponse> {
        let lifetime_secs = self.panel.knobs().token_lifetime_secs;
        let token = self
            .tokens
            .issue(session, audience, self.clock.unix_now(), lifetime_secs)
            .map_err(|error| ErrorResponse::internal(&error.to_string()))?;
        Ok(Json(json!({ "token": token })).into_response())
    }
}
