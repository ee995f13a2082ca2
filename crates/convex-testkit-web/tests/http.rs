//! Calls over HTTP: results, errors, timeouts and cancellation.
#![cfg(target_family = "wasm")]

mod chat;

use convex_testkit_web::{
    FakeDeployment, FakeFetch, HttpNetwork,
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

/// The error of a query that fails.
async fn error(client: &ConvexHttpClient, function: &str) -> HttpError {
    client.query::<_, serde_json::Value>(function, ()).await.expect_err("it fails")
}

fn function_error(error: HttpError) -> (String, Option<EncodedValue>) {
    match error {
        HttpError::Function(error) => (error.message.to_string(), error.data),
        error => panic!("not an error of a function: {error:?}"),
    }
}

fn encoded(value: impl Serialize) -> EncodedValue {
    EncodedValue::encode(&value).expect("a test's values can be encoded")
}

#[wasm_bindgen_test]
async fn each_call_sends_one_request() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let client = client();
    #[derive(Serialize)]
    struct Send {
        body: &'static str,
    }

    let id: String =
        client.mutation("messages:send", Send { body: "hello" }).await.expect("the mutation succeeds");
    assert!(!id.is_empty());
    let list = client.query::<_, Vec<String>>("messages:list", ()).await;
    assert_eq!(list, Ok(vec!["hello".to_owned()]));
    let count = client.query::<_, u32>("messages:count", json!({})).await;
    assert_eq!(count, Ok(1));
    let echo = client.action::<_, String>("slow:echo", json!({ "text": "ho" })).await;
    assert_eq!(echo.as_deref(), Ok("ho"));

    let requests = fetch.requests();
    let targets: Vec<_> = requests.iter().map(|request| request.target()).collect();
    assert_eq!(
        targets,
        ["mutation", "query", "query", "action"]
            .map(|kind| format!("POST https://fake.convex.test/api/{kind}"))
    );
    assert_eq!(
        requests[0].body,
        r#"{"path":"messages:send","format":"convex_encoded_json","args":[{"body":"hello"}]}"#
    );
    let header = |name| requests[0].header(name);
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
    let wrong = client().query::<_, Vec<String>>("numbers:get", ()).await;
    assert!(matches!(wrong, Err(HttpError::Result(_))), "{wrong:?}");
}

#[wasm_bindgen_test]
async fn thrown_errors_keep_their_data() {
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

    let (message, none) = function_error(error(&client, "throws:error").await);
    assert!(message.contains("no"), "{message}");
    assert_eq!(none, None, "a plain error has no data");
    assert_eq!(data(&client, "throws:data").await, Some(encoded(json!({ "code": "Teapot" }))));
    assert_eq!(data(&client, "throws:null").await, Some(encoded(())), "`null` is data, too");
    let (message, none) = function_error(error(&client, "throws:nothing").await);
    assert!(message.contains("Could not find public function"), "{message}");
    assert_eq!(none, None);

    let body = r#"{"status":"error","errorMessage":"no","errorData":null}"#.to_owned();
    fetch.set_network(HttpNetwork::OtherServer {
        status: 560,
        content_type: "application/json".to_owned(),
        body,
    });
    let thrown = function_error(error(&client, "throws:error").await);
    assert_eq!(thrown, ("no".to_owned(), Some(encoded(()))), "560 is the status of a function that throws");
}

#[wasm_bindgen_test]
async fn calls_run_as_the_user_of_the_token() {
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
    assert_eq!(fetch.requests().last().and_then(|request| request.header("Authorization")), None);
}

/// docs/auth.md, rule 13.
#[wasm_bindgen_test]
async fn errors_about_a_token_do_not_contain_it() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let old = fake.issuer().token("alice", fake.deployment(|d, _| d.unix_time()), Default::default());
    let client = client().with_auth(old.clone());
    let rejected = error(&client, "users:current").await;
    assert!(
        matches!(&rejected, HttpError::Status { status: 401, code, .. } if code == "InvalidAuthHeader"),
        "{rejected:?}"
    );

    let body = json!({ "code": "InvalidAuthHeader", "message": format!("cannot verify {old}") }).to_string();
    fetch.set_network(HttpNetwork::OtherServer {
        status: 401,
        content_type: "application/json".to_owned(),
        body,
    });
    let quoted = error(&client, "users:current").await;
    assert_eq!(
        quoted.to_string(),
        "the deployment responded with an error: cannot verify … (status 401, InvalidAuthHeader)"
    );
    assert!(!format!("{quoted:?} {client:?}").contains(&old));

    let before = fetch.requests().len();
    let invalid = client.with_auth("a\nb");
    assert_eq!(error(&invalid, "users:current").await, HttpError::Token);
    assert_eq!(fetch.requests().len(), before, "nothing was sent");
}

#[wasm_bindgen_test]
async fn deployment_errors_have_a_status_and_a_code() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    for (status, code) in [(403, "Forbidden"), (404, "NotFound"), (429, "RateLimited"), (503, "Overloaded")] {
        let body = json!({ "code": code, "message": "Not now" }).to_string();
        fetch.set_network(HttpNetwork::OtherServer {
            status,
            content_type: "application/json".to_owned(),
            body,
        });
        let (code, message) = (code.to_owned(), "Not now".to_owned());
        assert_eq!(error(&client(), "messages:list").await, HttpError::Status { status, code, message });
    }
}

#[wasm_bindgen_test]
async fn responses_of_other_servers_are_unreadable() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    for status in [200, 404, 502] {
        let (content_type, body) = ("text/html".to_owned(), "<!doctype html><p>secret".to_owned());
        fetch.set_network(HttpNetwork::OtherServer { status, content_type: content_type.clone(), body });
        let error = error(&client(), "messages:list").await;
        assert_eq!(error, HttpError::Unreadable { status, content_type });
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

/// docs/auth.md §4, line 35.
#[wasm_bindgen_test]
async fn failed_calls_are_not_retried() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    for network in [HttpNetwork::Down, HttpNetwork::Truncated] {
        fetch.set_network(network.clone());
        let before = fetch.requests().len();
        let sent = client().mutation::<_, String>("messages:send", json!({ "body": "hello" })).await;
        assert_eq!(sent, Err(HttpError::Unreachable), "{network:?}");
        turns(20).await;
        assert_eq!(fetch.requests().len(), before + 1, "{network:?}");
    }
    fetch.set_network(HttpNetwork::Up);
    turns(20).await;
    assert_eq!(client().query::<_, u32>("messages:count", ()).await, Ok(0));
}

/// docs/auth.md §4, line 35.
#[wasm_bindgen_test]
async fn a_timed_out_call_is_aborted() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    fetch.set_network(HttpNetwork::Hanging);
    let client = client().with_timeout(Duration::from_millis(10));
    let sent = client.mutation::<_, String>("messages:send", json!({ "body": "hello" })).await;
    assert_eq!(sent, Err(HttpError::TimedOut));
    assert_eq!(fetch.requests().iter().map(|request| request.was_aborted()).collect::<Vec<_>>(), [true]);

    fetch.set_network(HttpNetwork::Up);
    let unlimited = client.with_timeout(Duration::MAX);
    assert_eq!(unlimited.query::<_, u32>("messages:count", ()).await, Ok(0), "any timeout is accepted");
}

#[wasm_bindgen_test]
async fn a_dropped_call_is_aborted() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    fetch.set_network(HttpNetwork::Hanging);
    let client = client();
    {
        let mut call = pin!(client.query::<_, u32>("messages:count", ()));
        assert_eq!(fetch.requests().len(), 0, "a call starts when it is first polled");
        assert_eq!(call.as_mut().now_or_never(), None);
        until("the request was sent", || fetch.requests().len() == 1).await;
        assert!(!fetch.requests()[0].was_aborted());
        assert_eq!(call.now_or_never(), None);
    }
    assert!(fetch.requests()[0].was_aborted());
}

#[wasm_bindgen_test]
async fn an_invalid_url_fails_with_its_reason() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let error = error(&ConvexHttpClient::new("happy-animal-123.convex.cloud"), "messages:list").await;
    assert!(matches!(&error, HttpError::Url(reason) if reason.contains("https://")), "{error:?}");
    assert_eq!(fetch.requests().len(), 0);
    let slash = ConvexHttpClient::new(format!("{}/", FakeDeployment::URL));
    assert_eq!(slash.query::<_, u32>("messages:count", ()).await, Ok(0));
}

#[wasm_bindgen_test]
async fn calls_run_concurrently() {
    let fake = chat::deployment();
    let fetch = FakeFetch::of(&fake);
    let client = client();
    async fn echo<T: DeserializeOwned>(client: &ConvexHttpClient, text: &str) -> Result<T, HttpError> {
        client.action("slow:echo", json!({ "text": text })).await
    }
    let results =
        futures_util::future::join(echo::<String>(&client, "a"), echo::<String>(&client, "b")).await;
    assert_eq!(results, (Ok("a".to_owned()), Ok("b".to_owned())));
    assert_eq!((fetch.requests().len(), fetch.responses()), (2, 2));
}
