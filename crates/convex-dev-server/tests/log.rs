//! The log records every execution with its client and its identity.

mod support;

use reqwest::Method;
use serde_json::{Value as Json, json};
use support::Setup;

#[tokio::test]
async fn executions_are_logged_by_session_and_user() {
    let setup = Setup::with_alice().await;
    let mut naive = setup.connect().await;
    naive.subscribe(0, &[("organizations:list", json!({}))]).await;
    naive.change().await;
    let mut fixed = setup.connect_as(&setup.token().await).await;
    fixed.subscribe(0, &[("organizations:list", json!({}))]).await;
    fixed.change().await;

    let log = setup.log().await;
    let runs_of = |session: &str| {
        let runs = log["executions"].as_array().unwrap().iter();
        runs.filter(|run| run["sessionId"] == session).cloned().collect::<Vec<_>>()
    };
    let [anonymous] = &runs_of(&naive.session_id)[..] else { panic!("{log}") };
    assert_eq!(anonymous["subject"], Json::Null);
    assert_eq!(anonymous["error"], "Unauthorized: No identity found");
    assert_eq!(anonymous["logLines"], json!(["[LOG] 'server identity' null"]));
    assert_eq!((&anonymous["kind"], &anonymous["path"]), (&json!("query"), &json!("organizations:list")));

    let [signed_in] = &runs_of(&fixed.session_id)[..] else { panic!("{log}") };
    assert_eq!(signed_in["subject"], "user_alice");
    assert_eq!(signed_in["error"], Json::Null);
    assert_eq!(signed_in["logLines"], json!(["[LOG] 'server identity' 'Alice'"]));
}

#[tokio::test]
async fn token_fetches_and_authenticates_are_counted() {
    let setup = Setup::with_alice().await;
    let mut socket = setup.connect_as(&setup.token().await).await;
    socket.frame_of("Transition").await;
    let log = setup.log().await;
    let [fetch] = &log["tokenFetches"].as_array().unwrap()[..] else { panic!("{log}") };
    assert_eq!((&fetch["subject"], &fetch["tokenEndpoint"]), (&json!("user_alice"), &json!("ok")));
    let [connection] = &log["connections"].as_array().unwrap()[..] else { panic!("{log}") };
    assert_eq!(connection["sessionId"], socket.session_id);
    assert_eq!(connection["authenticates"].as_array().unwrap().len(), 1);
    assert_eq!(connection["authenticates"][0]["tokenType"], "User");
    assert_eq!(connection["closedAtMs"], Json::Null);
    assert!(!log.to_string().contains("eyJ"), "a token is in the log");
}

#[tokio::test]
async fn a_cleared_log_contains_only_open_sockets() {
    let setup = Setup::with_alice().await;
    let mut gone = setup.connect_as(&setup.token().await).await;
    gone.frame_of("Transition").await;
    setup.post("/api/dev/drop", json!({})).await;
    let mut open = setup.connect_as(&setup.token().await).await;
    open.frame_of("Transition").await;

    setup.request(Method::DELETE, "/api/dev/log").send().await.unwrap();
    let log = setup.log().await;
    assert_eq!((&log["executions"], &log["tokenFetches"]), (&json!([]), &json!([])));
    let [connection] = &log["connections"].as_array().unwrap()[..] else { panic!("{log}") };
    assert_eq!(connection["sessionId"], open.session_id);
    assert_eq!(connection["authenticates"], json!([]));
}
