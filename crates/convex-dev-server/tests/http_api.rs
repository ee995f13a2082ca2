//! Functions over HTTP.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use convex_dev_server::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use support::Setup;

async fn call(setup: &Setup, kind: &str, path: &str, args: Json, token: Option<&str>) -> (StatusCode, Json) {
    let body = json!({ "path": path, "args": args, "format": "convex_encoded_json" });
    let request = setup.request(Method::POST, &format!("/api/{kind}")).json(&body);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn queries_mutations_and_actions_return_results() {
    let setup = Setup::with_alice().await;
    let token = setup.token().await;
    let (status, sent) =
        call(&setup, "mutation", "messages:send", json!({ "body": "hi" }), Some(&token)).await;
    assert_eq!((status, &sent["status"]), (StatusCode::OK, &json!("success")));

    // The npm client wraps the arguments in an array.
    let (_, listed) = call(&setup, "query", "messages:list", json!([{}]), None).await;
    assert_eq!(listed["value"].as_array().unwrap().last().unwrap()["_id"], sent["value"]);

    let (_, shouted) = call(&setup, "action", "messages:shout", json!({ "body": "hi" }), Some(&token)).await;
    assert_eq!(shouted["value"], "HI!");
}

#[tokio::test]
async fn a_user_is_stored_once() {
    let setup = Setup::with_alice().await;
    let token = setup.token().await;
    let (_, anonymous) = call(&setup, "query", "users:current", json!({}), None).await;
    assert_eq!(anonymous["value"], Json::Null);
    let (_, before) = call(&setup, "query", "users:current", json!({}), Some(&token)).await;
    assert_eq!((&before["value"]["name"], &before["value"]["stored"]), (&json!("Alice"), &json!(false)));

    let (_, first) = call(&setup, "mutation", "users:store", json!({}), Some(&token)).await;
    let (_, second) = call(&setup, "mutation", "users:store", json!({}), Some(&token)).await;
    assert_eq!(first["value"], second["value"]);
    let (_, after) = call(&setup, "query", "users:current", json!({}), Some(&token)).await;
    assert_eq!(after["value"]["stored"], true);
}

#[tokio::test]
async fn only_members_get_an_organization() {
    let setup = Setup::with_alice().await;
    let alice = setup.token().await;
    setup.sign_in("bob").await;
    let bob = setup.token().await;
    let (_, listed) = call(&setup, "query", "organizations:list", json!({}), Some(&alice)).await;
    let alices = &listed["value"][1];
    assert_eq!(alices["name"], "Rabbit Hole Research");
    let get = async |id: &Json, token| {
        call(&setup, "query", "organizations:get", json!({ "id": id }), token).await.1
    };
    assert_eq!(&get(&alices["_id"], Some(&alice)).await["value"], alices);
    assert_eq!(get(&alices["_id"], Some(&bob)).await["value"], Json::Null);
    assert_eq!(get(&json!("nothing"), Some(&alice)).await["value"], Json::Null);
    assert_eq!(get(&alices["_id"], None).await["status"], "error");
}

#[tokio::test]
async fn function_errors_have_status_ok() {
    let setup = Setup::new().await;
    let (status, failed) = call(&setup, "query", "organizations:list", json!({}), None).await;
    assert_eq!((status, &failed["status"]), (StatusCode::OK, &json!("error")));
    assert!(failed["errorMessage"].as_str().unwrap().contains("Unauthorized: No identity found"));
    assert!(failed.get("errorData").is_none());
    assert_eq!(failed["logLines"], json!(["[LOG] 'server identity' null"]));

    let (_, failed) = call(&setup, "query", "errors:always", json!({}), None).await;
    assert_eq!(failed["errorData"]["code"], "Teapot");

    let (_, failed) = call(&setup, "query", "no:where", json!({}), None).await;
    assert!(
        failed["errorMessage"].as_str().unwrap().contains("Could not find public function for 'no:where'")
    );

    let (_, failed) = call(&setup, "query", "counters:get", json!({ "name": 1 }), None).await;
    assert!(failed["errorMessage"].as_str().unwrap().contains("ArgumentValidationError: "), "{failed}");
}

#[tokio::test]
async fn bad_requests_name_the_problem() {
    let setup = Setup::new().await;
    let (status, refused) = call(&setup, "query", "messages:list", json!({}), Some("no.good.token")).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNAUTHORIZED, &json!("InvalidAuthHeader")));

    let basic = setup.request(Method::POST, "/api/query").basic_auth("alice", Some("alice-demo")).body("{}");
    let refused = basic.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "InvalidAdminKey");

    let admin =
        setup.request(Method::POST, "/api/query").json(&json!({ "path": "messages:list", "args": {} }));
    let refused = admin.header("Authorization", "Convex other|key").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "BadAdminKey");

    let old = setup.request(Method::POST, "/api/query").header("Convex-Client", "npm-0.1.0").body("{}");
    let refused = old.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.headers()["x-convex-deprecation-state"], "Unsupported");
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "ClientVersionUnsupported");

    let no_json = setup.request(Method::POST, "/api/query").body("{");
    let refused = no_json.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "BadJsonBody");

    let long = " ".repeat(16 * 1024 * 1024 + 2001);
    let too_long =
        setup.request(Method::POST, "/api/query").header("Content-Type", "application/json").body(long);
    let refused = too_long.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "BadJsonBody");

    let nowhere = setup.get("/api/nowhere").await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert_eq!(nowhere.json::<Json>().await.unwrap()["message"], "There is nothing at /api/nowhere");
}

#[tokio::test]
async fn a_page_is_isolated_on_request() {
    for isolated in [false, true] {
        let page = Some(env!("CARGO_MANIFEST_DIR").into());
        let setup = Setup::with(Options { page, isolated, ..Options::on_a_free_port() }).await;
        let file = setup.get("/Cargo.toml").await;
        assert_eq!(file.status(), StatusCode::OK);
        let header = |name| file.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("cross-origin-opener-policy"), isolated.then_some("same-origin"));
        assert_eq!(header("cross-origin-embedder-policy"), isolated.then_some("require-corp"));
    }
}

#[tokio::test]
async fn page_sends_compressed_files_only_on_request() {
    let folder = std::env::temp_dir().join(format!("convex-compressed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["app.js", "app.js.br"] {
        std::fs::write(folder.join(name), name).unwrap();
    }
    let mut texts = Vec::new();
    for compressed in [false, true] {
        let page = Some(folder.clone());
        let setup = Setup::with(Options { page, compressed, ..Options::on_a_free_port() }).await;
        let file =
            setup.request(Method::GET, "/app.js").header("Accept-Encoding", "br").send().await.unwrap();
        texts.push(file.text().await.unwrap());
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(texts, ["app.js", "app.js.br"]);
}

#[tokio::test]
async fn an_observed_page_has_the_script_and_the_policy() {
    let folder = std::env::temp_dir().join(format!("convex-observed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = folder.join("observer.js");
    std::fs::write(&script, "note()").unwrap();
    std::fs::write(folder.join("index.html"), "<!doctype html><head><script>app()</script></head>").unwrap();
    let options = Options {
        page: Some(folder.clone()),
        observe: Some(script),
        csp: Some("connect-src 'self'".to_owned()),
        ..Options::on_a_free_port()
    };
    let setup = Setup::with(options).await;

    let page = setup.get("/").await;
    assert_eq!(page.headers()["content-security-policy"], "connect-src 'self'");
    let html = "<!doctype html><head><script>note()</script><script>app()</script></head>";
    assert_eq!(page.text().await.unwrap(), html);
    assert_eq!(setup.get("/observer.js").await.text().await.unwrap(), "note()", "only documents are changed");
    std::fs::remove_dir_all(folder).unwrap();
}
