//! Signing in, signing out, and the current session.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    IdentityService,
    accounts::Account,
    cookie::{self, Remember},
    sessions::AuthSession,
};
use crate::{clock::rfc3339, error_response::ErrorResponse};

pub(super) fn routes() -> Router<Arc<IdentityService>> {
    Router::new()
        .route("/api/auth/sign-in/email", post(sign_in))
        .route("/api/auth/sign-out", post(sign_out))
        .route("/api/auth/get-session", get(get_session))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    email: String,
    password: String,
    #[serde(default = "remembered")]
    remember_me: bool,
}

fn remembered() -> bool {
    true
}

async fn sign_in(
    State(service): State<Arc<IdentityService>>,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, ErrorResponse> {
    let Json(body) =
        body.map_err(|error| ErrorResponse::new(StatusCode::BAD_REQUEST, "INVALID_BODY", error.body_text()))?;
    let account = Account::authenticate(&body.email, &body.password).ok_or_else(|| {
        ErrorResponse::new(StatusCode::UNAUTHORIZED, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
    })?;
    let session = service.sessions.start(account, service.clock.unix_now());
    let remember = if body.remember_me { Remember::Session } else { Remember::BrowserSession };
    let cookie = cookie::keep(&session.secret, remember).expect("a secret is letters and digits");
    let answer = json!({ "redirect": false, "token": session.secret.expose(), "user": user(&session) });
    Ok(([(SET_COOKIE, cookie)], Json(answer)).into_response())
}

async fn sign_out(State(service): State<Arc<IdentityService>>, headers: HeaderMap) -> impl IntoResponse {
    if let Some(secret) = cookie::secret(&headers) {
        service.sessions.end(&secret);
    }
    ([(SET_COOKIE, cookie::forget())], Json(json!({ "success": true })))
}

async fn get_session(State(service): State<Arc<IdentityService>>, headers: HeaderMap) -> Json<Value> {
    Json(service.session(&headers).map_or(Value::Null, |session| {
        json!({
            "session": {
                "id": session.id,
                "token": session.secret.expose(),
                "userId": session.account.id,
                "createdAt": rfc3339(session.created_at),
                "updatedAt": rfc3339(session.created_at),
                "expiresAt": rfc3339(session.expires_at()),
            },
            "user": user(&session),
        })
    }))
}

impl IdentityService {
    /// The session of a request's cookie.
    pub(super) fn session(&self, headers: &HeaderMap) -> Option<AuthSession> {
        self.sessions.find(&cookie::secret(headers)?, self.clock.unix_now())
    }
}

fn user(session: &AuthSession) -> Value {
    let Account { id, name, email, .. } = session.account;
    json!({ "id": id, "name": name, "email": email, "emailVerified": true, "image": null })
}
