//! Convex's own crate against the dev server: what it accepts is proof that the model deployment is
//! faithful.

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

/// Nothing here takes long; a test that hangs shall say where.
const PATIENCE: Duration = Duration::from_secs(20);

struct Fixture {
    server: Server,
    http: reqwest::Client,
    client: ConvexClient,
}

impl Fixture {
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
        let person = json!({ "email": format!("{name}@example.com"), "password": format!("{name}-demo") });
        self.post("/api/auth/sign-in/email", person).await
    }

    async fn token(&self) -> Result<String> {
        token(&self.http, &self.server.url()).await
    }
}

async fn token(http: &reqwest::Client, deployment: &str) -> Result<String> {
    let url = format!("{deployment}/api/auth/convex/token");
    let answer: serde_json::Value = http.get(url).send().await?.error_for_status()?.json().await?;
    Ok(answer["token"].as_str().context("no token in the answer")?.to_owned())
}

/// Waits for a result that `wanted` takes.
async fn until(
    query: &mut QuerySubscription,
    wanted: impl Fn(&FunctionResult) -> bool,
) -> Result<FunctionResult> {
    let wait = async {
        while let Some(result) = query.next().await {
            if wanted(&result) {
                return Ok(result);
            }
        }
        bail!("the subscription ended")
    };
    tokio::time::timeout(PATIENCE, wait).await.context("the result did not come")?
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

fn is_person(result: &FunctionResult, name: &str) -> bool {
    field(result, "name") == Some(&Value::from(name))
}

fn is_count(result: &FunctionResult, count: f64) -> bool {
    *result == FunctionResult::Value(Value::Float64(count))
}

#[tokio::test]
async fn a_live_query_follows_a_mutation() -> Result<()> {
    let Fixture { server, mut client, .. } = Fixture::start().await?;
    let mut left = client.subscribe("counters:get", args([("name", Value::from("left"))])).await?;
    until(&mut left, |result| is_count(result, 0.0)).await?;

    let mut other = ConvexClient::new(&server.url()).await?;
    let reached = other.mutation("counters:incrementBoth", args([])).await?;

    assert!(is_count(&reached, 1.0), "{reached:?}");
    until(&mut left, |result| is_count(result, 1.0)).await?;
    Ok(())
}

#[tokio::test]
async fn an_action_writes_as_whom_signed_in() -> Result<()> {
    let mut fixture = Fixture::start().await?;
    fixture.sign_in("bob").await?;
    let token = fixture.token().await?;
    fixture.client.set_auth(Some(token)).await;

    let shouted = fixture.client.action("messages:shout", args([("body", Value::from("hello"))])).await?;

    assert_eq!(shouted, FunctionResult::Value(Value::from("HELLO!")));
    let messages = fixture.client.query("messages:list", args([])).await?;
    let FunctionResult::Value(Value::Array(messages)) = messages else { bail!("no list: {messages:?}") };
    let Some(Value::Object(last)) = messages.last() else { bail!("no messages") };
    assert_eq!(last.get("author"), Some(&Value::from("Bob")));
    Ok(())
}

#[tokio::test]
async fn signing_in_and_out_changes_who_one_is() -> Result<()> {
    let mut fixture = Fixture::start().await?;
    let mut current = fixture.client.subscribe("users:current", args([])).await?;
    let nobody = FunctionResult::Value(Value::Null);
    until(&mut current, |result| *result == nobody).await?;

    fixture.sign_in("alice").await?;
    let token = fixture.token().await?;
    fixture.client.set_auth(Some(token)).await;
    until(&mut current, |result| is_person(result, "Alice")).await?;

    fixture.client.set_auth(None).await;
    until(&mut current, |result| *result == nobody).await?;
    Ok(())
}

#[tokio::test]
async fn errors_arrive_with_their_data() -> Result<()> {
    let Fixture { server: _server, mut client, .. } = Fixture::start().await?;

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
async fn an_expired_token_is_refused_and_replaced() -> Result<()> {
    let mut fixture = Fixture::start().await?;
    fixture.sign_in("alice").await?;
    fixture.post("/api/dev/knobs", json!({ "tokenLifetimeSecs": 1 })).await?;
    let expired = fixture.token().await?;
    let expires = SystemTime::now() + Duration::from_secs(1);
    fixture.post("/api/dev/knobs", json!({ "tokenLifetimeSecs": 300 })).await?;
    // There is nothing but the clock to wait for.
    tokio::time::sleep(expires.duration_since(SystemTime::now()).unwrap_or_default()).await;

    let forced = Arc::new(AtomicU32::new(0));
    let fetch = {
        let (http, deployment, forced) = (fixture.http.clone(), fixture.server.url(), Arc::clone(&forced));
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
    let mut current = fixture.client.subscribe("users:current", args([])).await?;
    fixture.client.set_auth_callback(Some(Box::new(fetch))).await;

    until(&mut current, |result| is_person(result, "Alice")).await?;
    // The crate may reconnect once more than it has to, with another token each time.
    assert!(forced.load(Ordering::SeqCst) >= 1, "the expired token was not refused");
    Ok(())
}

#[tokio::test]
async fn after_a_dropped_connection_the_live_query_goes_on() -> Result<()> {
    let mut fixture = Fixture::start().await?;
    let mut left = fixture.client.subscribe("counters:get", args([("name", Value::from("left"))])).await?;
    until(&mut left, |result| is_count(result, 0.0)).await?;

    fixture.post("/api/dev/drop", json!({})).await?;
    let mut other = ConvexClient::new(&fixture.server.url()).await?;
    other.mutation("counters:incrementBoth", args([])).await?;

    until(&mut left, |result| is_count(result, 1.0)).await?;
    Ok(())
}
