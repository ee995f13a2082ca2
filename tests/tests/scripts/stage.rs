//! A dev server for one script and one client: equal for both, and nobody else's.

use anyhow::{Context, Result, ensure};
use convex_dev_server::{Options, Server, serve};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The names of a script's sign-ins, their users, and the lifetimes of their tokens in seconds:
/// longer than any test, or expired beyond the server's leeway. No two tokens of a user are equal,
/// since the official client gives up on a token that it knows.
const SIGN_INS: [(&str, &str, &[i64]); 3] = [
    ("alice", "alice", &[300, 301, 302]),
    ("bob", "bob", &[300, 301, 302]),
    ("late alice", "alice", &[-60, 310, 311]),
];

/// A dev server, and what is needed to sign in.
#[derive(Debug)]
pub struct Stage {
    server: Server,
    http: reqwest::Client,
    /// Everybody's tokens, no two of them equal. Whom the identity provider calls `nobody` has
    /// none.
    pub tokens: BTreeMap<String, Vec<String>>,
}

impl Stage {
    pub async fn start() -> Result<Self> {
        let server = serve(Options::on_a_free_port()).await?;
        let nobody = ("nobody".to_owned(), Vec::new());
        let mut stage = Self { server, http: reqwest::Client::new(), tokens: [nobody].into() };
        // What comes in one transition would be up to chance otherwise.
        stage.turn(&json!({ "answerSingly": true })).await?;
        for (name, person, lifetimes) in SIGN_INS {
            let tokens = stage.tokens_of(person, lifetimes).await?;
            stage.tokens.insert(name.to_owned(), tokens);
        }
        Ok(stage)
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Breaks the connection.
    pub async fn drop_connections(&self) -> Result<()> {
        self.post(&self.http, "/api/dev/drop", &json!({})).await?;
        Ok(())
    }

    /// Turns knobs.
    pub async fn turn(&self, knobs: &Json) -> Result<()> {
        self.post(&self.http, "/api/dev/knobs", knobs).await?;
        Ok(())
    }

    /// Runs a mutation as another client.
    pub async fn mutate(&self, function: &str, args: &Json) -> Result<()> {
        let call = json!({ "path": function, "args": [args], "format": "convex_encoded_json" });
        let answer = self.post(&self.http, "/api/mutation", &call).await?;
        ensure!(answer["status"] == "success", "{function} elsewhere: {answer}");
        Ok(())
    }

    /// Whether the server ran a function.
    pub async fn has_run(&self, function: &str) -> Result<bool> {
        let url = format!("{}/api/dev/log", self.url());
        let log: Json = self.http.get(url).send().await?.error_for_status()?.json().await?;
        Ok(log["executions"].as_array().is_some_and(|runs| runs.iter().any(|run| run["path"] == function)))
    }

    async fn tokens_of(&self, person: &str, lifetimes: &[i64]) -> Result<Vec<String>> {
        let browser = reqwest::Client::builder().cookie_store(true).build()?;
        let account =
            json!({ "email": format!("{person}@example.com"), "password": format!("{person}-demo") });
        self.post(&browser, "/api/auth/sign-in/email", &account).await?;
        let mut tokens = Vec::new();
        for lifetime in lifetimes {
            self.turn(&json!({ "tokenLifetimeSecs": lifetime })).await?;
            let url = format!("{}/api/auth/convex/token", self.url());
            let answer: Json = browser.get(url).send().await?.error_for_status()?.json().await?;
            tokens.push(answer["token"].as_str().context("no token in the answer")?.to_owned());
        }
        Ok(tokens)
    }

    async fn post(&self, http: &reqwest::Client, path: &str, body: &Json) -> Result<Json> {
        let url = format!("{}{path}", self.url());
        let answer = http.post(url).json(body).send().await?.error_for_status()?;
        Ok(answer.json().await.unwrap_or_default())
    }
}
