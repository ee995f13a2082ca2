//! Calls over HTTP on a server, against a server of the test.

#![cfg(not(target_family = "wasm"))]

mod fake_server;

use convex_web::{
    ConvexHttpClient, HttpError,
    sync::{Arguments, FunctionPath},
};
use fake_server::{FakeServer, Reply};
use futures_util::future::join_all;
use std::{
    env,
    process::Command,
    sync::{Arc, Barrier, Mutex, mpsc},
    time::Duration,
};
use tokio::{net::TcpSocket, runtime::Runtime};

/// A timeout that no test reaches unless the client hangs.
const LONG: Duration = Duration::from_secs(60);

fn client(server: &FakeServer) -> ConvexHttpClient {
    ConvexHttpClient::new(server.url()).with_timeout(LONG)
}

async fn list(client: &ConvexHttpClient) -> Result<Vec<String>, HttpError> {
    client.query("messages:list", ()).await
}

async fn error(server: &FakeServer) -> HttpError {
    list(&client(server)).await.expect_err("the call fails")
}

const HELLO: &str = r#"{"status":"success","value":["hello"],"logLines":[]}"#;

#[tokio::test]
async fn call_sends_a_request_and_returns_the_value() {
    let (requests, received) = mpsc::channel();
    let server = FakeServer::start(move |request| {
        requests.send(request).expect("the test receives");
        Reply::json("200 OK", HELLO)
    });
    assert_eq!(list(&client(&server)).await, Ok(vec!["hello".to_owned()]));
    let request = received.recv().expect("a request");
    assert!(request.head.starts_with("POST /api/query HTTP/1.1\r\n"), "{}", request.head);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("convex-client"), Some(concat!("convex-leptos-", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.body, r#"{"path":"messages:list","format":"convex_encoded_json","args":[{}]}"#);
}

#[tokio::test]
async fn token_is_sent_in_the_authorization_header() {
    let server = FakeServer::start(|request| {
        let token = request.header("authorization").unwrap_or_default();
        Reply::json("200 OK", &format!(r#"{{"status":"success","value":["{token}"]}}"#))
    });
    let client = client(&server).with_auth("e30.e30.c2ln");
    assert_eq!(list(&client).await, Ok(vec!["Bearer e30.e30.c2ln".to_owned()]));
}

#[tokio::test]
async fn mutations_and_actions_have_their_own_endpoints() {
    let server = FakeServer::start(|request| {
        let path = request.head.split(' ').nth(1).unwrap_or_default();
        Reply::json("200 OK", &format!(r#"{{"status":"success","value":"{path}"}}"#))
    });
    let client = client(&server);
    assert_eq!(client.mutation("messages:send", ()).await, Ok("/api/mutation".to_owned()));
    assert_eq!(client.action("ai:summarize", ()).await, Ok("/api/action".to_owned()));
}

#[tokio::test]
async fn function_error_is_returned_with_its_data() {
    let body = r#"{"status":"error","errorMessage":"too long","errorData":{"limit":10}}"#;
    for status in ["200 OK", "560 Function failed"] {
        let server = FakeServer::responding(status, body);
        let error = error(&server).await;
        assert!(matches!(&error, HttpError::Function(error) if &*error.message == "too long"), "{error:?}");
        assert_eq!(error.data().map(|data| data.as_json()), Some(r#"{"limit":10}"#));
    }
}

#[tokio::test]
async fn encoded_query_returns_the_received_json() {
    let function = FunctionPath::parse("messages:list").unwrap();
    let args = Arguments::encode(&()).unwrap().unwrap();
    let server = FakeServer::responding("200 OK", r#"{"status":"success","value":[1.50, "a"]}"#);
    let value = client(&server).query_encoded(&function, &args).await.unwrap().unwrap();
    assert_eq!(value.as_json(), "[1.50, \"a\"]");

    let server = FakeServer::responding("200 OK", r#"{"status":"error","errorMessage":"no"}"#);
    let thrown = client(&server).query_encoded(&function, &args).await.unwrap().unwrap_err();
    assert_eq!(&*thrown.message, "no");

    let server = FakeServer::responding("503 Overloaded", r#"{"code":"Overloaded","message":"Try later"}"#);
    let failed = client(&server).query_encoded(&function, &args).await;
    assert!(matches!(failed, Err(HttpError::Status { status: 503, .. })), "{failed:?}");
}

#[tokio::test]
async fn errors_of_the_deployment_have_status_code_and_message() {
    for (line, status, code) in [("401 Unauthorized", 401, "Unauthenticated"), ("503 X", 503, "Overloaded")] {
        let body = format!(r#"{{"code":"{code}","message":"explanation"}}"#);
        let server = FakeServer::start(move |_| Reply::json(line, &body));
        let (code, message) = (code.to_owned(), "explanation".to_owned());
        assert_eq!(error(&server).await, HttpError::Status { status, code, message });
    }
}

#[tokio::test]
async fn responses_of_other_servers_are_unreadable() {
    for (line, status, headers, content_type) in [
        ("200 OK", 200, "content-type: text/html\r\n", "text/html"),
        ("502 Bad Gateway", 502, "content-type: text/html\r\n", "text/html"),
        ("200 OK", 200, "", "no content type"),
    ] {
        let server = FakeServer::start(move |_| Reply::with_headers(line, headers, "<h1>Welcome</h1>"));
        let content_type = content_type.to_owned();
        assert_eq!(error(&server).await, HttpError::Unreadable { status, content_type });
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = FakeServer::responding("200 OK", HELLO);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: {}/api/query\r\n", target.url());
        let server = FakeServer::start(move |_| Reply::with_headers(status, &location, ""));
        let error = error(&server).await.to_string();
        assert!(
            error.contains(&format!("(status {}", &status[..3])) && error.contains("check the URL"),
            "{error}"
        );
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn hanging_call_times_out_and_closes_its_connection() {
    let (closed, is_closed) = mpsc::channel();
    let closed = Mutex::new(closed);
    let server = FakeServer::start(move |_| {
        let closed = closed.lock().unwrap().clone();
        Reply::Hang(Box::new(move || closed.send(()).expect("the test receives")))
    });
    let client = client(&server).with_timeout(Duration::from_millis(50));
    assert_eq!(list(&client).await, Err(HttpError::TimedOut));
    tokio::task::spawn_blocking(move || is_closed.recv_timeout(LONG))
        .await
        .unwrap()
        .expect("the client closes it");
}

/// A timeout of `Duration::MAX` must not overflow.
#[tokio::test]
async fn longest_timeout_is_no_timeout() {
    let server = FakeServer::responding("200 OK", HELLO);
    assert!(list(&client(&server).with_timeout(Duration::MAX)).await.is_ok());
}

#[tokio::test]
async fn closed_port_is_unreachable() {
    let reserved = TcpSocket::new_v4().unwrap();
    reserved.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}", reserved.local_addr().unwrap());
    let client = ConvexHttpClient::new(url).with_timeout(LONG);
    assert_eq!(list(&client).await, Err(HttpError::Unreachable));
}

#[tokio::test]
async fn incomplete_response_is_unreachable() {
    for response in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-type: applic",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"status\":",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{\"status\"",
        "no HTTP at all\r\n\r\n",
    ] {
        let server = FakeServer::start(|_| Reply::Broken(response.to_owned()));
        assert_eq!(error(&server).await, HttpError::Unreachable, "{response}");
    }
}

#[tokio::test]
async fn server_without_tls_is_unreachable_by_https() {
    let server = FakeServer::responding("200 OK", HELLO);
    let client = ConvexHttpClient::new(server.url().replace("http:", "https:")).with_timeout(LONG);
    assert_eq!(list(&client).await, Err(HttpError::Unreachable));
}

/// A minimal container has no certificates. The test runs itself in a process that finds none.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn only_https_needs_certificates() {
    const IN_CHILD: &str = "CONVEX_WEB_TEST_IN_CHILD";
    if env::var_os(IN_CHILD).is_none() {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", "only_https_needs_certificates"]).env(IN_CHILD, "1");
        let child = child.env("SSL_CERT_FILE", "/dev/null").env_remove("SSL_CERT_DIR").output().unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        return;
    }
    let server = FakeServer::responding("200 OK", HELLO);
    assert!(list(&client(&server)).await.is_ok());
    let client = ConvexHttpClient::new(server.url().replace("http:", "https:"));
    let error = list(&client).await.unwrap_err();
    assert!(matches!(&error, HttpError::Tls(reason) if reason.contains("No CA certificates")), "{error:?}");
}

#[tokio::test]
async fn url_that_only_a_full_parser_rejects_is_an_error() {
    let client = ConvexHttpClient::new("https://xn--a.example");
    let error = list(&client).await.unwrap_err();
    assert!(matches!(&error, HttpError::Url(text) if text.contains("is not a URL")), "{error:?}");
}

#[tokio::test]
async fn result_of_many_megabytes_arrives() {
    let server = FakeServer::start(|_| {
        let text = "ä".repeat(8 << 20);
        Reply::json("200 OK", &format!(r#"{{"status":"success","value":["{text}"]}}"#))
    });
    let texts = list(&client(&server)).await.unwrap();
    assert_eq!(texts.iter().map(String::len).collect::<Vec<_>>(), [16 << 20]);
}

/// The server responds once all calls have arrived.
#[tokio::test]
async fn concurrent_calls_each_get_their_own_response() {
    const CALLS: usize = 50;
    let all_arrived = Arc::new(Barrier::new(CALLS));
    let server = FakeServer::start(move |request| {
        all_arrived.wait();
        let token = request.header("authorization").unwrap_or_default();
        Reply::json("200 OK", &format!(r#"{{"status":"success","value":["{token}"]}}"#))
    });
    let calls = (0..CALLS).map(|number| {
        let client = client(&server).with_auth(format!("token{number}"));
        tokio::spawn(async move { (number, list(&client).await) })
    });
    for call in join_all(calls).await {
        let (number, texts) = call.unwrap();
        assert_eq!(texts, Ok(vec![format!("Bearer token{number}")]));
    }
}

#[tokio::test]
async fn clients_share_one_connection() {
    let server = FakeServer::responding("200 OK", HELLO);
    for _ in 0..3 {
        list(&client(&server)).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

/// The kept connection ends with the runtime that opened it.
#[test]
fn connection_of_an_ended_runtime_is_not_used() {
    let server = FakeServer::responding("200 OK", HELLO);
    for _ in 0..3 {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(list(&client(&server))).unwrap();
    }
    assert_eq!(server.connections(), 3);
}
