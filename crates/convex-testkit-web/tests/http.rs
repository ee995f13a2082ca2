//! Calls over HTTP, and everything that can come of one.
#![cfg(target_family = "wasm")]

mod chat;

use convex_testkit_web::{
    FakeDeployment, FakeFetch, Network,
    testkit::{FunctionError, Functions, Value, object},
    turns, until,
};
use convex_web::{ConvexHttpClient, HttpError, sync::EncodedValue};
use futures_util::FutureExt;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use std::{pin::pin, time::Duration};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn client() -> ConvexHttpClient {
    ConvexHttpClient::new(FakeDeployment::URL)
}

/// How a query of a type nobody minds fails.
async fn error(client: &ConvexHttpClient, function: &str) -> HttpError {
    client.query::<serde_json::Value>(function, ()).await.expect_err("it fails")
}

fn of_a_function(error: HttpError) -> (String, Option<EncodedValue>) {
    match error {
        HttpError::Function(error) => (error.message.to_string(), error.data),
        error => panic!("no function threw this: {error:?}"),
    }
}

fn encoded(value: impl Serialize) -> EncodedValue {
    EncodedValue::encode(&value).expect("a test's values can be encoded")
}

#[wasm_bindgen_test]
async fn queries_mutations_and_actions_are_called_once_each() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let client = client();
    #[derive(Serialize)]
    struct Send {
        body: &'static str,
    }

    let id: String = client.mutation("messages:send", Send { body: "hello" }).await.expect("it is sent");
    assert!(!id.is_empty());
    let list = client.query::<Vec<String>>("messages:list", ()).await;
    assert_eq!(list, Ok(vec!["hello".to_owned()]));
    let count = client.query::<u32>("messages:count", json!({})).await;
    assert_eq!(count, Ok(1));
    let echo = client.action::<String>("slow:echo", json!({ "text": "ho" })).await;
    assert_eq!(echo.as_deref(), Ok("ho"));

    let asked = fetch.asked();
    let targets: Vec<_> = asked.iter().map(|request| request.target()).collect();
    assert_eq!(
        targets,
        ["mutation", "query", "query", "action"]
            .map(|kind| format!("POST https://fake.convex.test/api/{kind}"))
    );
    assert_eq!(
        asked[0].body,
        r#"{"path":"messages:send","format":"convex_encoded_json","args":[{"body":"hello"}]}"#
    );
    let header = |name| asked[0].header(name);
    assert_eq!(header("Content-Type").as_deref(), Some("application/json"));
    assert!(header("Convex-Client").is_some_and(|client| client.starts_with("convex-leptos-0.")));
    assert_eq!(header("Authorization"), None);
}

#[wasm_bindgen_test]
async fn values_keep_their_types() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Numbers {
        big: i64,
        none: f64,
    }
    let functions = Functions::new().query("numbers:get", |_, _| {
        Ok(Value::from(object! { "big" => i64::MAX, "none" => f64::NEG_INFINITY }))
    });
    let fake = FakeDeployment::new(functions);
    let _fetch = FakeFetch::of(&fake);
    let numbers = client().query("numbers:get", ()).await;
    assert_eq!(numbers, Ok(Numbers { big: i64::MAX, none: f64::NEG_INFINITY }));
    let wrong = client().query::<Vec<String>>("numbers:get", ()).await;
    assert!(matches!(wrong, Err(HttpError::Result(_))), "{wrong:?}");
}

#[wasm_bindgen_test]
async fn a_function_that_throws_is_told_with_its_data() {
    let functions = Functions::new()
        .query("throws:error", |_, _| Err(FunctionError::thrown("no")))
        .query("throws:data", |_, _| Err(FunctionError::convex(object! { "code" => "Teapot" })))
        .query("throws:null", |_, _| Err(FunctionError::convex(Value::Null)));
    let fake = FakeDeployment::new(functions);
    let fetch = FakeFetch::of(&fake);
    let client = client();
    async fn data(client: &ConvexHttpClient, function: &str) -> Option<EncodedValue> {
        error(client, function).await.data().cloned()
    }

    let (message, none) = of_a_function(error(&client, "throws:error").await);
    assert!(message.contains("no"), "{message}");
    assert_eq!(none, None, "a plain error has no data");
    assert_eq!(data(&client, "throws:data").await, Some(encoded(json!({ "code": "Teapot" }))));
    assert_eq!(data(&client, "throws:null").await, Some(encoded(())), "data that is null is data");
    let (message, none) = of_a_function(error(&client, "throws:nothing").await);
    assert!(message.contains("Could not find public function"), "{message}");
    assert_eq!(none, None);

    let body = r#"{"status":"error","errorMessage":"no","errorData":null}"#.to_owned();
    fetch.set_network(Network::Other { status: 560, content: "application/json".to_owned(), body });
    let told = of_a_function(error(&client, "throws:error").await);
    assert_eq!(told, ("no".to_owned(), Some(encoded(()))), "the status for functions that throw");
}

#[wasm_bindgen_test]
async fn calls_are_made_as_whoever_the_token_speaks_for() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    async fn current(client: &ConvexHttpClient) -> Result<Option<String>, HttpError> {
        client.query("users:current", ()).await
    }

    let mut client = client().with_auth(fake.token("alice").expose());
    assert_eq!(current(&client).await, Ok(Some("alice".to_owned())));
    client.set_auth(fake.token("bob").expose());
    assert_eq!(current(&client).await, Ok(Some("bob".to_owned())));
    client.clear_auth();
    assert_eq!(current(&client).await, Ok(None));
    assert_eq!(fetch.asked().last().and_then(|request| request.header("Authorization")), None);
}

/// Auth contract, rule 13.
#[wasm_bindgen_test]
async fn a_token_that_is_not_accepted_is_told_of_and_not_told() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let old = fake.issuer().token("alice", fake.deployment(|d, _| d.unix_time()), Default::default());
    let client = client().with_auth(old.clone());
    let refused = error(&client, "users:current").await;
    assert!(
        matches!(&refused, HttpError::Status { status: 401, code, .. } if code == "InvalidAuthHeader"),
        "{refused:?}"
    );

    let body = json!({ "code": "InvalidAuthHeader", "message": format!("cannot verify {old}") }).to_string();
    fetch.set_network(Network::Other { status: 401, content: "application/json".to_owned(), body });
    let quoted = error(&client, "users:current").await;
    assert_eq!(
        quoted.to_string(),
        "the deployment answered with an error: cannot verify … (status 401, InvalidAuthHeader)"
    );
    assert!(!format!("{quoted:?} {client:?}").contains(&old));

    let before = fetch.asked().len();
    let spoilt = client.with_auth("a\nb");
    assert_eq!(error(&spoilt, "users:current").await, HttpError::Token);
    assert_eq!(fetch.asked().len(), before, "nothing was sent");
}

#[wasm_bindgen_test]
async fn a_deployments_own_errors_have_status_and_code() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    for (status, code) in [(403, "Forbidden"), (404, "NotFound"), (429, "RateLimited"), (503, "Overloaded")] {
        let body = json!({ "code": code, "message": "Not now" }).to_string();
        fetch.set_network(Network::Other { status, content: "application/json".to_owned(), body });
        let (code, message) = (code.to_owned(), "Not now".to_owned());
        assert_eq!(error(&client(), "messages:list").await, HttpError::Status { status, code, message });
    }
}

#[wasm_bindgen_test]
async fn what_is_no_deployment_is_seen_for_that() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    for status in [200, 404, 502] {
        let (content, body) = ("text/html".to_owned(), "<!doctype html><p>secret".to_owned());
        fetch.set_network(Network::Other { status, content: content.clone(), body });
        let told = error(&client(), "messages:list").await;
        assert_eq!(told, HttpError::Unreadable { status, content_type: content });
        assert!(!told.to_string().contains("secret"), "{told}");
    }
}

/// Auth contract §4, line 35.
#[wasm_bindgen_test]
async fn without_a_network_a_call_fails_and_is_not_repeated() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    for network in [Network::Down, Network::Torn] {
        fetch.set_network(network.clone());
        let before = fetch.asked().len();
        let sent = client().mutation::<String>("messages:send", json!({ "body": "hello" })).await;
        assert_eq!(sent, Err(HttpError::Unreachable), "{network:?}");
        turns(20).await;
        assert_eq!(fetch.asked().len(), before + 1, "{network:?}");
    }
    fetch.set_network(Network::Up);
    turns(20).await;
    assert_eq!(client().query::<u32>("messages:count", ()).await, Ok(0));
}

/// Auth contract §4, line 35.
#[wasm_bindgen_test]
async fn a_call_that_takes_too_long_is_given_up() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    fetch.set_network(Network::Silent);
    let client = client().with_timeout(Duration::from_millis(10));
    let sent = client.mutation::<String>("messages:send", json!({ "body": "hello" })).await;
    assert_eq!(sent, Err(HttpError::TimedOut));
    assert_eq!(fetch.asked().iter().map(|request| request.was_aborted()).collect::<Vec<_>>(), [true]);

    fetch.set_network(Network::Up);
    let patient = client.with_timeout(Duration::MAX);
    assert_eq!(patient.query::<u32>("messages:count", ()).await, Ok(0), "patience has no bound");
}

#[wasm_bindgen_test]
async fn a_call_that_is_dropped_is_given_up() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    fetch.set_network(Network::Silent);
    let client = client();
    {
        let mut call = pin!(client.query::<u32>("messages:count", ()));
        assert_eq!(fetch.asked().len(), 0, "it begins when it is polled");
        assert_eq!(call.as_mut().now_or_never(), None);
        until("it was asked", || fetch.asked().len() == 1).await;
        assert!(!fetch.asked()[0].was_aborted());
        assert_eq!(call.now_or_never(), None);
    }
    assert!(fetch.asked()[0].was_aborted());
}

#[wasm_bindgen_test]
async fn a_url_that_leads_nowhere_says_why() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let told = error(&ConvexHttpClient::new("happy-animal-123.convex.cloud"), "messages:list").await;
    assert!(matches!(&told, HttpError::Url(reason) if reason.contains("https://")), "{told:?}");
    assert_eq!(fetch.asked().len(), 0);
    let slash = ConvexHttpClient::new(format!("{}/", FakeDeployment::URL));
    assert_eq!(slash.query::<u32>("messages:count", ()).await, Ok(0));
}

#[wasm_bindgen_test]
async fn many_calls_are_under_way_at_once() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let client = client();
    async fn echo<T: DeserializeOwned>(client: &ConvexHttpClient, text: &str) -> Result<T, HttpError> {
        client.action("slow:echo", json!({ "text": text })).await
    }
    let answers =
        futures_util::future::join(echo::<String>(&client, "a"), echo::<String>(&client, "b")).await;
    assert_eq!(answers, (Ok("a".to_owned()), Ok("b".to_owned())));
    assert_eq!((fetch.asked().len(), fetch.answered()), (2, 2));
}
