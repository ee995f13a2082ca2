//! A deployment with an identity service, for one test.

use convex_dev_server::{Options, Server, serve};
use convex_leptos::RequestIdentity;
use serde_json::{Value as Json, json};

pub struct Deployment {
    server: Server,
}

impl Deployment {
    pub async fn start() -> Self {
        Self { server: serve(Options::on_a_free_port()).await.expect("the dev server starts") }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Signs a user in, with a token of the identity service. The session key is the user's name.
    pub async fn sign_in(&self, name: &str) -> RequestIdentity {
        let browser = reqwest::Client::builder().cookie_store(true).build().expect("a client");
        let credentials =
            json!({ "email": format!("{name}@example.com"), "password": format!("{name}-demo") });
        let url = |path: &str| format!("{}/api/auth/{path}", self.url());
        let signed_in = browser.post(url("sign-in/email")).json(&credentials).send().await;
        assert!(signed_in.expect("a response").status().is_success());
        let token = browser.get(url("convex/token")).send().await.expect("a response");
        let token: Json = token.json().await.expect("JSON");
        RequestIdentity::user(name, token["token"].as_str().expect("a token"))
    }

    pub async fn turn(&self, knobs: Json) {
        let url = format!("{}/api/dev/knobs", self.url());
        let response = reqwest::Client::new().post(url).json(&knobs).send().await.expect("a response");
        assert!(response.status().is_success());
    }

    /// The executions of a function: the subject of each, or `None` if it was anonymous.
    pub async fn executions(&self, path: &str) -> Vec<Option<String>> {
        let log = reqwest::get(format!("{}/api/dev/log", self.url())).await.expect("a response");
        let log: Json = log.json().await.expect("JSON");
        let executions = log["executions"].as_array().expect("executions");
        let of_path = executions.iter().filter(|execution| execution["path"] == path);
        of_path.map(|execution| execution["subject"].as_str().map(str::to_owned)).collect()
    }
}
