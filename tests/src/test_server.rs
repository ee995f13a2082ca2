//! The dev server with a built app, both on one origin.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, ensure};
use convex_dev_server::{Options, Server, serve};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::wait::until;

/// The app that the dev server serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedApp {
    /// `demo-app`.
    Demo,
    /// `examples/chat`.
    Chat,
}

/// A dev server on a free port, with access to its controls and its log.
#[derive(Debug)]
pub struct TestServer {
    server: Server,
    http: reqwest::Client,
}

/// The server's log. Times are in milliseconds since the server's start.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerLog {
    /// The present time by the server's clock.
    pub now_ms: u64,
    /// The sockets.
    pub connections: Vec<LoggedConnection>,
    /// The function runs.
    pub executions: Vec<LoggedRun>,
    /// The requests to the token endpoint.
    pub token_fetches: Vec<LoggedTokenFetch>,
}

/// A socket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedConnection {
    /// The session id of its `Connect`.
    pub session_id: Option<String>,
    /// When it was closed; `None` while it is open.
    pub closed_at_ms: Option<u64>,
    /// Its `Authenticate` frames.
    pub authenticates: Vec<Json>,
}

/// A request to the token endpoint.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedTokenFetch {
    /// When it arrived.
    pub at_ms: u64,
    /// The user of its session cookie.
    pub subject: Option<String>,
    /// The endpoint's knob at that time.
    pub token_endpoint: String,
}

/// A run of a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRun {
    /// The client's session id.
    pub session_id: Option<String>,
    /// The function's path.
    pub path: String,
    /// The arguments.
    pub args: Json,
    /// The user that it ran as; `None` if anonymous.
    pub subject: Option<String>,
    /// The lines that it logged.
    pub log_lines: Vec<String>,
}

impl ServerLog {
    /// The function runs of one client.
    pub fn runs_of_client<'a>(&'a self, session_id: &'a str) -> impl Iterator<Item = &'a LoggedRun> {
        self.executions.iter().filter(move |run| run.session_id.as_deref() == Some(session_id))
    }

    /// The sockets of one client.
    pub fn connections_of_client<'a>(
        &'a self,
        session_id: &'a str,
    ) -> impl Iterator<Item = &'a LoggedConnection> {
        self.connections.iter().filter(move |socket| socket.session_id.as_deref() == Some(session_id))
    }

    /// How often a client has authenticated, on all its sockets.
    pub fn authenticates_of_client(&self, session_id: &str) -> usize {
        self.connections_of_client(session_id).map(|socket| socket.authenticates.len()).sum()
    }
}

impl LoggedRun {
    /// Whether the server had no identity for it, by the log line that Convex's debugging guide
    /// names.
    pub fn ran_anonymously(&self) -> bool {
        self.log_lines.iter().any(|line| line.contains("server identity") && line.contains("null"))
    }
}

impl TestServer {
    /// Starts the server with an app.
    ///
    /// # Errors
    ///
    /// The app is not built.
    pub async fn start(app: ServedApp) -> Result<Self> {
        Self::start_with(app.options()?).await
    }

    /// Starts the server with these options.
    ///
    /// # Errors
    ///
    /// The server cannot listen on its address.
    pub async fn start_with(options: Options) -> Result<Self> {
        Ok(Self { server: serve(options).await?, http: reqwest::Client::new() })
    }

    /// The origin of the server and the app.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Sets knobs, such as `{"latencyMs": 100}`.
    ///
    /// # Errors
    ///
    /// The server does not have this knob.
    pub async fn set_knobs(&self, knobs: Json) -> Result<()> {
        self.post("knobs", &knobs).await
    }

    /// Breaks all sockets.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn drop_connections(&self) -> Result<()> {
        self.post("drop", &json!({})).await
    }

    /// Sends a frame that is not JSON to one client.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn send_garbage(&self, session_id: &str) -> Result<()> {
        self.post("garbage", &json!({ "sessionId": session_id })).await
    }

    /// The log so far.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn log(&self) -> Result<ServerLog> {
        Ok(self.http.get(self.control("log")).send().await?.error_for_status()?.json().await?)
    }

    /// Waits until all issued tokens have expired by the server's clock.
    ///
    /// # Errors
    ///
    /// Pages continue to fetch tokens.
    pub async fn until_tokens_have_expired(&self, lifetime: Duration) -> Result<()> {
        let have_expired = async || {
            let log = self.log().await?;
            let last = log.token_fetches.last().map_or(0, |fetch| fetch.at_ms);
            Ok((Duration::from_millis(log.now_ms - last) > lifetime).then_some(()))
        };
        until("all tokens to expire", have_expired).await
    }

    /// Clears the log.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn clear_log(&self) -> Result<()> {
        self.http.delete(self.control("log")).send().await?.error_for_status()?;
        Ok(())
    }

    /// Stops the server and waits for its end.
    pub async fn stop(self) {
        self.server.shutdown().await;
    }

    async fn post(&self, what: &str, body: &Json) -> Result<()> {
        self.http.post(self.control(what)).json(body).send().await?.error_for_status()?;
        Ok(())
    }

    fn control(&self, what: &str) -> String {
        format!("{}/api/dev/{what}", self.url())
    }
}

impl ServedApp {
    /// Options of a dev server that serves this app, observed by `observer.js`.
    ///
    /// # Errors
    ///
    /// The app is not built.
    pub fn options(self) -> Result<Options> {
        let observe = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/observer.js");
        Ok(Options { page: Some(self.dist()?), observe: Some(observe), ..Options::on_a_free_port() })
    }

    /// The folder of the built app: from an environment variable, or Trunk's default.
    fn dist(self) -> Result<PathBuf> {
        let (variable, folder) = match self {
            Self::Demo => ("DEMO_DIST", "demo-app/dist"),
            Self::Chat => ("CHAT_DIST", "examples/chat/dist"),
        };
        let dist = env::var_os(variable).map_or_else(|| workspace().join(folder), PathBuf::from);
        let built = dist.join("index.html").is_file();
        ensure!(built, "{} has no built page; `cargo xtask test e2e` builds it", dist.display());
        Ok(dist)
    }
}

/// The workspace's root.
fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in a folder of the workspace")
}
