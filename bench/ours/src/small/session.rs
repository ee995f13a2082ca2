//! The session of the dev server's identity service, identified by a cookie.

use convex_leptos::{Session, TokenError, early_response};
use gloo_net::http::{Request, Response};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;
use serde_json::json;

/// The session; `Loading` until the identity service has answered.
pub fn current() -> RwSignal<Session> {
    let session = RwSignal::new(Session::Loading);
    spawn_local(refresh(session));
    session
}

/// Signs in as a user of the dev server.
pub async fn sign_in(session: RwSignal<Session>) {
    let credentials = json!({ "email": "alice@example.com", "password": "alice-demo" });
    let Ok(request) = Request::post("/api/auth/sign-in/email").json(&credentials) else { return };
    if request.send().await.is_ok_and(|response| response.ok()) {
        refresh(session).await;
    }
}

/// Fetches a token for the deployment; `None` if signed out.
pub async fn fetch_token() -> Result<Option<String>, TokenError> {
    #[derive(Deserialize)]
    struct TokenReply {
        token: String,
    }
    let problem = |error: gloo_net::Error| TokenError::new(error.to_string());
    let response = get("/api/auth/convex/token").await.map_err(problem)?;
    if response.status() == 401 {
        return Ok(None);
    }
    let TokenReply { token } = response.json().await.map_err(problem)?;
    Ok(Some(token))
}

async fn refresh(session: RwSignal<Session>) {
    if let Ok(known) = fetch_session().await {
        session.set(known);
    }
}

async fn fetch_session() -> Result<Session, gloo_net::Error> {
    #[derive(Deserialize)]
    struct SessionReply {
        session: SessionDetails,
    }
    #[derive(Deserialize)]
    struct SessionDetails {
        id: String,
    }
    let reply: Option<SessionReply> = get("/api/auth/get-session").await?.json().await?;
    Ok(reply.map_or(Session::SignedOut, |reply| Session::signed_in(reply.session.id)))
}

/// Takes the response of the page's early start, or sends the request.
async fn get(url: &str) -> Result<Response, gloo_net::Error> {
    match early_response(url).await {
        Some(response) => Ok(response.into()),
        None => Request::get(url).send().await,
    }
}
