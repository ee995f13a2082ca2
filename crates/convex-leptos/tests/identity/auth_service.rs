//! A server in place of Better Auth.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A server on a free port that records its requests.
pub struct AuthService {
    pub url: String,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
}

#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    pub line: String,
    pub headers: HeaderMap,
}

/// What the server does with a request, by its path below `/api/auth`.
type Script = Box<dyn Fn(&str) -> Reply + Send + Sync>;

pub enum Reply {
    Response(Response),
    /// The response never comes.
    Hang,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

impl AuthService {
    pub async fn start<R: Into<Reply>>(script: impl Fn(&str) -> R + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::default();
        let script: Script = Box::new(move |path| script(path).into());
        let router = Router::new().fallback(answer).with_state((Arc::new(script), Arc::clone(&requests)));
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, requests }
    }

    /// A service that answers `get-session` in one way, and has no other paths.
    pub async fn with_session(answer: impl Fn() -> Response + Send + Sync + 'static) -> Self {
        Self::start(move |path| if path == "get-session" { answer() } else { text(404, "") }).await
    }

    /// The requests that were received, as `GET /path`.
    pub fn requests(&self) -> Vec<String> {
        self.received().into_iter().map(|request| request.line).collect()
    }

    pub fn received(&self) -> Vec<ReceivedRequest> {
        self.requests.lock().expect("no panic in the server").clone()
    }
}

type Shared = (Arc<Script>, Arc<Mutex<Vec<ReceivedRequest>>>);

async fn answer(State((script, requests)): State<Shared>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let line = format!("{} {path}", request.method());
    requests.lock().expect("no panic").push(ReceivedRequest { line, headers: request.headers().clone() });
    match script(path.strip_prefix("/api/auth/").unwrap_or(&path)) {
        Reply::Response(response) => response,
        Reply::Hang => std::future::pending().await,
    }
}

pub fn text(status: u16, text: &str) -> Response {
    (StatusCode::from_u16(status).expect("a status"), text.to_owned()).into_response()
}

pub fn html(status: u16) -> Response {
    let headers = [("content-type", "text/html")];
    let page = "<h1>SESSION-SECRET TOKEN-SECRET</h1>";
    (StatusCode::from_u16(status).expect("a status"), headers, page).into_response()
}

pub fn json(status: u16, answer: &Value) -> Response {
    let body = Body::from(answer.to_string());
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(body).expect("a response")
}

/// The answer of `get-session` for Ada.
pub fn session() -> Response {
    json(200, &session_of("s1", "u1", Value::Null))
}

pub fn session_of(session: &str, user: &str, organization: Value) -> Value {
    json!({
        "session": { "id": session, "userId": user, "token": "SESSION-SECRET", "activeOrganizationId": organization },
        "user": { "id": user, "name": "Ada", "email": "ada@example.test", "phone": "PRIVATE-SECRET" },
    })
}

pub trait WithCookie {
    fn with_cookie(self, cookie: &str) -> Self;
}

impl WithCookie for Response {
    fn with_cookie(mut self, cookie: &str) -> Self {
        self.headers_mut().append(SET_COOKIE, cookie.parse().expect("a cookie"));
        self
    }
}
