//! A server for one test, the HTTP side of a browser, and a sync client that sends raw frames.

#![allow(dead_code, unused_imports, reason = "every test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod socket;

use convex_dev_server::{Options, Server, serve};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};
use tokio::time::timeout;

pub use self::socket::{Closing, PATIENCE, SyncSocket};

/// A server on a free port, and a browser with its cookies.
pub struct Setup {
    pub server: Server,
    pub browser: reqwest::Client,
}

impl Setup {
    pub async fn new() -> Self {
        Self::with(Options::on_a_free_port()).await
    }

    pub async fn with(options: Options) -> Self {
        let browser = reqwest::Client::builder().cookie_store(true).build().unwrap();
        Self { server: serve(options).await.unwrap(), browser }
    }

    pub async fn with_alice() -> Self {
        let setup = Self::new().await;
        assert_eq!(setup.sign_in("alice").await, StatusCode::OK);
        setup
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.browser.request(method, format!("{}{path}", self.server.url()))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Json) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }

    /// Signs in with the demo's password.
    pub async fn sign_in(&self, who: &str) -> StatusCode {
        let credentials = json!({ "email": format!("{who}@example.com"), "password": format!("{who}-demo") });
        self.post("/api/auth/sign-in/email", credentials).await.status()
    }

    pub async fn token(&self) -> String {
        let answer: Json = self.get("/api/auth/convex/token").await.json().await.unwrap();
        answer["token"].as_str().unwrap().to_owned()
    }

    pub async fn turn(&self, knobs: Json) {
        assert_eq!(self.post("/api/dev/knobs", knobs).await.status(), StatusCode::OK);
    }

    pub async fn log(&self) -> Json {
        self.get("/api/dev/log").await.json().await.unwrap()
    }

    /// The log, once `holds` is true of it.
    pub async fn log_where(&self, holds: impl Fn(&Json) -> bool) -> Json {
        let seen = async {
            loop {
                let log = self.log().await;
                if holds(&log) {
                    return log;
                }
            }
        };
        timeout(PATIENCE, seen).await.expect("the log contains it in time")
    }

    /// A connected socket.
    pub async fn connect(&self) -> SyncSocket {
        SyncSocket::open(&format!("{}/api/1.28.0/sync", self.server.url())).await
    }

    /// A connected socket that has sent this token.
    pub async fn connect_as(&self, token: &str) -> SyncSocket {
        let mut socket = self.connect().await;
        socket.authenticate(token).await;
        socket
    }
}
