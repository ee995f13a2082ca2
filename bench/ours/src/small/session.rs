//! Who is signed in, as the dev server's identity service knows by a cookie.

use convex_leptos::{Session, TokenError};
use gloo_net::http::Request;
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;
use serde_json::json;

/// The session, once the identity service has said which.
pub fn current() -> RwSignal<Session> {
    let session = RwSignal::new(Session::Loading);
    spawn_local(refresh(session));
    session
}

/// Signs in as one of the people of the dev server.
pub async fn sign_in(session: RwSignal<Session>) {
    let credentials = json!({ "email": "alice@example.com", "password": "alice-demo" });
    let Ok(request) = Request::post("/api/auth/sign-in/email").json(&credentials) else { return };
    if request.send().await.is_ok_and(|response| response.ok()) {
        refresh(session).await;
    }
}

/// Fetches a token for the deployment; `None` where nobody is signed in.
pub async fn fetch_token() -> Result<Option<String>, TokenError> {
    #[derive(Deserialize)]
    struct Answer {
        token: String,
    }
    let problem = |error: gloo_net::Error| TokenError::new(error.to_string());
    let response = Request::get("/api/auth/convex/token").send().await.map_err(problem)?;
    if response.status() == 401 {
        return Ok(None);
    }
    let Answer { token } = response.json().await.map_err(problem)?;
    Ok(Some(token))
}

async fn refresh(session: RwSignal<Session>) {
    if let Ok(known) = fetch_session().await {
        session.set(known);
    }
}

async fn fetch_session() -> Result<Session, gloo_net::Error> {
    #[derive(Deserialize)]
    struct Answer {
        session: Details,
    }
    #[derive(Deserialize)]
    struct Details {
        id: String,
    }
    let answer: Option<Answer> = Request::get("/api/auth/get-session").send().await?.json().await?;
    Ok(answer.map_or(Session::SignedOut, |answer| Session::signed_in(answer.session.id)))
}
