//! The dev server, with a built page: one origin for all.

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

/// What the dev server shows to who visits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The hard-refresh race.
    Demo,
    /// `examples/chat`.
    Chat,
}

/// A dev server on a free port, its controls and its log.
#[derive(Debug)]
pub struct Deployment {
    server: Server,
    http: reqwest::Client,
}

/// What happened on the server.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    /// Now, by the server's clock; like all times of the log, in milliseconds since the server's
    /// start.
    pub now_ms: u64,
    /// Sockets.
    pub connections: Vec<Connection>,
    /// Function runs.
    pub executions: Vec<Run>,
    /// Requests to the token endpoint.
    pub token_fetches: Vec<TokenFetch>,
}

/// A socket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// From its `Connect`.
    pub session_id: Option<String>,
    /// When it ended; none while it is open.
    pub closed_at_ms: Option<u64>,
    /// Its `Authenticate` frames.
    pub authenticates: Vec<Json>,
}

/// A request to the token endpoint.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenFetch {
    /// When it arrived.
    pub at_ms: u64,
    /// Whose session it came with.
    pub subject: Option<String>,
    /// What the endpoint was to answer.
    pub token_endpoint: String,
}

/// A run of a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The client's.
    pub session_id: Option<String>,
    /// The function's.
    pub path: String,
    /// What it was called with.
    pub args: Json,
    /// Whom it ran as.
    pub subject: Option<String>,
    /// What it printed.
    pub log_lines: Vec<String>,
}

impl Log {
    /// What ran for one client.
    pub fn runs_of<'a>(&'a self, session_id: &'a str) -> impl Iterator<Item = &'a Run> {
        self.executions.iter().filter(move |run| run.session_id.as_deref() == Some(session_id))
    }

    /// The sockets of one client.
    pub fn connections_of<'a>(&'a self, session_id: &'a str) -> impl Iterator<Item = &'a Connection> {
        self.connections.iter().filter(move |socket| socket.session_id.as_deref() == Some(session_id))
    }

    /// How often a client has authenticated, on all its sockets.
    pub fn authenticates_of(&self, session_id: &str) -> usize {
        self.connections_of(session_id).map(|socket| socket.authenticates.len()).sum()
    }
}

impl Run {
    /// Whether the server knew nobody when it ran: the line that Convex's debugging guide has
    /// people look for.
    pub fn saw_nobody(&self) -> bool {
        self.log_lines.iter().any(|line| line.contains("server identity") && line.contains("null"))
    }
}

impl Deployment {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// Where the page is not built.
    pub async fn start(page: Page) -> Result<Self> {
        Self::start_with(page.options()?).await
    }

    /// Starts it as the options say.
    ///
    /// # Errors
    ///
    /// Where its address cannot be listened on.
    pub async fn start_with(options: Options) -> Result<Self> {
        Ok(Self { server: serve(options).await?, http: reqwest::Client::new() })
    }

    /// Its origin, and the page's.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Turns knobs, such as `{"latencyMs": 100}`.
    ///
    /// # Errors
    ///
    /// Where there is no such knob.
    pub async fn turn(&self, knobs: Json) -> Result<()> {
        self.post("knobs", &knobs).await
    }

    /// Breaks all sockets.
    ///
    /// # Errors
    ///
    /// Where the server does not answer.
    pub async fn drop_connections(&self) -> Result<()> {
        self.post("drop", &json!({})).await
    }

    /// Sends a frame that is no JSON over the sockets of one client.
    ///
    /// # Errors
    ///
    /// Where the server does not answer.
    pub async fn send_garbage(&self, session_id: &str) -> Result<()> {
        self.post("garbage", &json!({ "sessionId": session_id })).await
    }

    /// What happened so far.
    ///
    /// # Errors
    ///
    /// Where the server does not answer.
    pub async fn log(&self) -> Result<Log> {
        Ok(self.http.get(self.control("log")).send().await?.error_for_status()?.json().await?)
    }

    /// Waits until all tokens that were given out have run out, by the server's own clock.
    ///
    /// # Errors
    ///
    /// Where pages go on fetching tokens.
    pub async fn until_tokens_have_run_out(&self, lifetime: Duration) -> Result<()> {
        let have_run_out = async || {
            let log = self.log().await?;
            let last = log.token_fetches.last().map_or(0, |fetch| fetch.at_ms);
            Ok((Duration::from_millis(log.now_ms - last) > lifetime).then_some(()))
        };
        until("all tokens to run out", have_run_out).await
    }

    /// Forgets what happened so far.
    ///
    /// # Errors
    ///
    /// Where the server does not answer.
    pub async fn clear_log(&self) -> Result<()> {
        self.http.delete(self.control("log")).send().await?.error_for_status()?;
        Ok(())
    }

    /// Stops it, and waits for that.
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

impl Page {
    /// A dev server with this page, observed by `observer.js`.
    ///
    /// # Errors
    ///
    /// If the page is not built.
    pub fn options(self) -> Result<Options> {
        let observe = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/observer.js");
        Ok(Options { page: Some(self.dist()?), observe: Some(observe), ..Options::on_a_free_port() })
    }

    /// Where it was built: where a variable says, or where Trunk puts it.
    fn dist(self) -> Result<PathBuf> {
        let (variable, folder) = match self {
            Self::Demo => ("DEMO_DIST", "demo-app/dist"),
            Self::Chat => ("CHAT_DIST", "examples/chat/dist"),
        };
        let dist = env::var_os(variable).map_or_else(|| workspace().join(folder), PathBuf::from);
        let built = dist.join("index.html").is_file();
        ensure!(built, "no page in {}: `cargo xtask test e2e` builds it", dist.display());
        Ok(dist)
    }
}

/// The workspace's root.
fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of the workspace")
}
