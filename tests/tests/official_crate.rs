//! Convex's official crate against the dev server. It works with the model deployment, which shows
//! that the model is faithful.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, bail};
use convex::{AuthenticationToken, ConvexClient, FunctionResult, QuerySubscription, Value};
use convex_dev_server::{Options, Server, serve};
use futures_util::StreamExt;
use serde_json::json;

/// The time limit of a wait: a test that hangs must fail with its place.
const WAIT_LIMIT: Duration = Duration::from_secs(20);

/// A dev server with a client of the official crate.
struct OfficialClient {
    server: Server,
    http: reqwest::Client,
    client: ConvexClient,
}

impl OfficialClient {
    async fn start() -> Result<Self> {
        let server = serve(Options::on_a_free_port()).await?;
        let http = reqwest::Client::builder().cookie_store(true).build()?;
        let client = ConvexClient::new(&server.url()).await?;
        Ok(Self { server, http, client })
    }

    async fn post(&self, path: &str, body: serde_json::Value) -> Result<()> {
        let url = format!("{}{path}", self.server.url());
        self.http.post(url).json(&body).send().await?.error_for_status()?;
        Ok(())
    }

    async fn sign_in(&self, name: &str) -> Result<()> {
        let account = json!({ "email": format!("{name}@example.com"), "password": format!("{name}-demo") });
        self.post("/api/auth/sign-in/email", account).await
    }

    async fn token(&self) -> Result<String> {
        token(&self.http, &self.server.url()).await
    }
}

async fn token(http: &reqwest::Client, deployment: &str) -> Result<String> {
    let url = format!("{deployment}/api/auth/convex/token");
    let reply: serde_json::Value = http.get(url).send().await?.error_for_status()?.json().await?;
    Ok(reply["token"].as_str().context("the reply has no token")?.to_owned())
}

/// Waits for a result that meets the condition.
async fn until(
    query: &mut QuerySubscription,
    condition: impl Fn(&FunctionResult) -> bool,
) -> Result<FunctionResult> {
    let wait = async {
        while let Some(result) = query.next().await {
            if condition(&result) {
                return Ok(result);
            }
        }
        bail!("the subscription ended")
    };
    tokio::time::timeout(WAIT_LIMIT, wait).await.context("timed out waiting for the result")?
}

fn args<const N: usize>(pairs: [(&str, Value); N]) -> BTreeMap<String, Value> {
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

fn field<'a>(result: &'a FunctionResult, name: &str) -> Option<&'a Value> {
    match result {
        FunctionResult::Value(Value::Object(fields)) => fields.get(name),
        _ => None,
    }
}

fn is_user(result: &FunctionResult, name: &str) -> bool {
    field(result, "name") == Some(&Value::from(name))
}

fn is_count(result: &FunctionResult, count: f64) -> bool {
    *result == FunctionResult::Value(Value::Float64(count))
}

#[tokio::test]
async fn live_query_shows_another_clients_mutation() -> Result<()> {
    let OfficialClient { server, mut client, .. } = OfficialClient::start().await?;
    let mut left = client.subscribe("counters:get", args([("name", Value::from("left"))])).await?;
    until(&mut left, |result| is_count(result, 0.0)).await?;

    let mut other = ConvexClient::new(&server.url()).await?;
    let reached = other.mutation("counters:incrementBoth", args([])).await?;

    assert!(is_count(&reached, 1.0), "{reached:?}");
    until(&mut left, |result| is_count(result, 1.0)).await?;
    Ok(())
}

#[tokio::test]
async fn action_writes_as_the_signed_in_user() -> Result<()> {
    let mut official = OfficialClient::start().await?;
    official.sign_in("bob").await?;
    let token = official.token().await?;
    official.client.set_auth(Some(token)).await;

    let shouted = official.client.action("messages:shout", args([("body", Value::from("hello"))])).await?;

    assert_eq!(shouted, FunctionResult::Value(Value::from("HELLO!")));
    let messages = official.client.query("messages:list", args([])).await?;
    let FunctionResult::Value(Value::Array(messages)) = messages else { bail!("not a list: {messages:?}") };
    let Some(Value::Object(last)) = messages.last() else { bail!("no messages") };
    assert_eq!(last.get("author"), Some(&Value::from("Bob")));
    Ok(())
}

#[tokio::test]
async fn signing_in_and_out_changes_the_user() -> Result<()> {
    let mut official = OfficialClient::start().await?;
    let mut current = official.client.subscribe("users:current", args([])).await?;
    let no_user = FunctionResult::Value(Value::Null);
    until(&mut current, |result| *result == no_user).await?;

    official.sign_in("alice").await?;
    let token = official.token().await?;
    official.client.set_auth(Some(token)).await;
    until(&mut current, |result| is_user(result, "Alice")).await?;

    official.client.set_auth(None).await;
    until(&mut current, |result| *result == no_user).await?;
    Ok(())
}

#[tokio::test]
async fn errors_arrive_with_their_data() -> Result<()> {
    let OfficialClient { server: _server, mut client, .. } = OfficialClient::start().await?;

    let thrown = client.query("errors:always", args([])).await?;
    let refused = client.mutation("messages:send", args([("body", Value::from("anonymous"))])).await?;

    let FunctionResult::ConvexError(thrown) = thrown else { bail!("not a ConvexError: {thrown:?}") };
    let Value::Object(data) = thrown.data else { bail!("no data: {thrown:?}") };
    assert_eq!(data.get("code"), Some(&Value::from("Teapot")));
    let FunctionResult::ErrorMessage(message) = refused else { bail!("not an error: {refused:?}") };
    assert!(message.contains("Unauthorized: No identity found"), "{message}");
    Ok(())
}

#[tokio::test]
async fn expired_token_is_rejected_and_replaced() -> Result<()> {
    let mut official = OfficialClient::start().await?;
    official.sign_in("alice").await?;
    official.post("/api/dev/knobs", json!({ "tokenLifetimeSecs": 1 })).await?;
    let expired = official.token().await?;
    let expires = SystemTime::now() + Duration::from_secs(1);
    official.post("/api/dev/knobs", json!({ "tokenLifetimeSecs": 300 })).await?;
    // Only the clock can be waited for.
    tokio::time::sleep(expires.duration_since(SystemTime::now()).unwrap_or_default()).await;

    let forced = Arc::new(AtomicU32::new(0));
    let fetch = {
        let (http, deployment, forced) = (official.http.clone(), official.server.url(), Arc::clone(&forced));
        move |force_refresh: bool| {
            let (http, deployment, expired) = (http.clone(), deployment.clone(), expired.clone());
            forced.fetch_add(u32::from(force_refresh), Ordering::SeqCst);
            let fetched = async move {
                let token = if force_refresh { token(&http, &deployment).await? } else { expired };
                Ok(AuthenticationToken::User(token))
            };
            Box::pin(fetched) as _
        }
    };
    let mut current = official.client.subscribe("users:current", args([])).await?;
    official.client.set_auth_callback(Some(Box::new(fetch))).await;

    until(&mut current, |result| is_user(result, "Alice")).await?;
    // The crate may reconnect more often than necessary, with another token each time.
    assert!(forced.load(Ordering::SeqCst) >= 1, "the expired token was not rejected");
    Ok(())
}

#[tokio::test]
async fn live_query_continues_after_a_dropped_connection() -> Result<()> {
    let mut official = OfficialClient::start().await?;
    let mut left = official.client.subscribe("counters:get", args([("name", Value::from("left"))])).await?;
    until(&mut left, |result| is_count(result, 0.0)).await?;

    official.post("/api/dev/drop", json!({})).await?;
    let mut other = ConvexClient::new(&official.server.url()).await?;
    other.mutation("counters:incrementBoth", args([])).await?;

    until(&mut left, |result| is_count(result, 1.0)).await?;
    Ok(())
}
