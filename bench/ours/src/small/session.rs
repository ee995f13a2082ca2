//! The session of the dev server's identity service, identified by a cookie.

use convex_leptos::{Session, TokenError, early_response, from_json};
use gloo_net::http::{Request, Response};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, de::DeserializeOwned};

/// The session; `Loading` until the identity service has answered.
pub fn current() -> RwSignal<Session> {
    let session = RwSignal::new(Session::Loading);
    spawn_local(refresh(session));
    session
}

/// Signs in as a user of the dev server.
pub async fn sign_in(session: RwSignal<Session>) {
    let credentials = r#"{"email":"alice@example.com","password":"alice-demo"}"#;
    let request = Request::post("/api/auth/sign-in/email").header("content-type", "application/json");
    let Ok(request) = request.body(credentials) else { return };
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
    let TokenReply { token } = json(response).await.ok_or_else(|| TokenError::new("not a token"))?;
    Ok(Some(token))
}

async fn refresh(session: RwSignal<Session>) {
    if let Some(known) = fetch_session().await {
        session.set(known);
    }
}

async fn fetch_session() -> Option<Session> {
    #[derive(Deserialize)]
    struct SessionReply {
        session: SessionDetails,
    }
    #[derive(Deserialize)]
    struct SessionDetails {
        id: String,
    }
    let response = get("/api/auth/get-session").await.ok()?;
    let reply: Option<SessionReply> = json(response).await?;
    Some(reply.map_or(Session::SignedOut, |reply| Session::signed_in(reply.session.id)))
}

/// Reads a response as JSON.
async fn json<T: DeserializeOwned>(response: Response) -> Option<T> {
    from_json(&response.text().await.ok()?).ok()
}

/// Takes the response of the page's early start, or sends the request.
async fn get(url: &str) -> Result<Response, gloo_net::Error> {
    match early_response(url).await {
        Some(response) => Ok(response.into()),
        None => Request::get(url).send().await,
    }
}
