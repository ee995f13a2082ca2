//! A dev server for one script and one client. Both clients' servers are set up in the same way.

use anyhow::{Context, Result, ensure};
use convex_dev_server::{Options, Server, serve};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The names of a script's sign-ins, their users, and the lifetimes of their tokens in seconds:
/// longer than any test, or expired beyond the server's leeway. All tokens of a user are different,
/// because the official client stops when it receives a token that it already has.
const SIGN_INS: [(&str, &str, &[i64]); 3] = [
    ("alice", "alice", &[300, 301, 302]),
    ("bob", "bob", &[300, 301, 302]),
    ("expired alice", "alice", &[-60, 310, 311]),
];

/// The sign-in for which the provider returns no token.
const NO_TOKEN: &str = "no token";

/// A dev server with the tokens of the sign-ins.
#[derive(Debug)]
pub struct ScriptServer {
    server: Server,
    http: reqwest::Client,
    /// The tokens of each sign-in, all different.
    pub tokens: BTreeMap<String, Vec<String>>,
}

impl ScriptServer {
    pub async fn start() -> Result<Self> {
        let server = serve(Options::on_a_free_port()).await?;
        let tokens = [(NO_TOKEN.to_owned(), Vec::new())].into();
        let mut server = Self { server, http: reqwest::Client::new(), tokens };
        // Otherwise chance decides which results share a transition.
        server.set_knobs(&json!({ "answerSingly": true })).await?;
        for (name, user, lifetimes) in SIGN_INS {
            let tokens = server.tokens_of(user, lifetimes).await?;
            server.tokens.insert(name.to_owned(), tokens);
        }
        Ok(server)
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Breaks all connections.
    pub async fn drop_connections(&self) -> Result<()> {
        self.post(&self.http, "/api/dev/drop", &json!({})).await?;
        Ok(())
    }

    /// Sets knobs of the server.
    pub async fn set_knobs(&self, knobs: &Json) -> Result<()> {
        self.post(&self.http, "/api/dev/knobs", knobs).await?;
        Ok(())
    }

    /// Runs a mutation as another client.
    pub async fn mutate(&self, function: &str, args: &Json) -> Result<()> {
        let call = json!({ "path": function, "args": [args], "format": "convex_encoded_json" });
        let reply = self.post(&self.http, "/api/mutation", &call).await?;
        ensure!(reply["status"] == "success", "{function} of another client failed: {reply}");
        Ok(())
    }

    /// Whether the server has executed a function.
    pub async fn has_executed(&self, function: &str) -> Result<bool> {
        let url = format!("{}/api/dev/log", self.url());
        let log: Json = self.http.get(url).send().await?.error_for_status()?.json().await?;
        Ok(log["executions"].as_array().is_some_and(|runs| runs.iter().any(|run| run["path"] == function)))
    }

    async fn tokens_of(&self, user: &str, lifetimes: &[i64]) -> Result<Vec<String>> {
        let browser = reqwest::Client::builder().cookie_store(true).build()?;
        let account = json!({ "email": format!("{user}@example.com"), "password": format!("{user}-demo") });
        self.post(&browser, "/api/auth/sign-in/email", &account).await?;
        let mut tokens = Vec::new();
        for lifetime in lifetimes {
            self.set_knobs(&json!({ "tokenLifetimeSecs": lifetime })).await?;
            let url = format!("{}/api/auth/convex/token", self.url());
            let reply: Json = browser.get(url).send().await?.error_for_status()?.json().await?;
            tokens.push(reply["token"].as_str().context("the reply has no token")?.to_owned());
        }
        Ok(tokens)
    }

    async fn post(&self, http: &reqwest::Client, path: &str, body: &Json) -> Result<Json> {
        let url = format!("{}{path}", self.url());
        let reply = http.post(url).json(body).send().await?.error_for_status()?;
        Ok(reply.json().await.unwrap_or_default())
    }
}
