use std::time::Duration;

use serde_json::json;

use crate::harness::*;

#[test]
fn idle_connection_is_pinged_after_15_seconds() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.pass(Duration::from_secs(10));
    harness.send(client, modify(0, vec![]));
    harness.frame(client);
    harness.pass(Duration::from_secs(14));
    assert!(harness.frames(client).is_empty(), "the last frame is 14 seconds old");
    assert_eq!(harness.deployment.poll_timeout().map(|due| due.since_start()), Some(Duration::from_secs(25)));
    harness.pass(Duration::from_secs(1));
    assert_eq!(harness.frame(client), json!({ "type": "Ping" }));
    assert_eq!(harness.deployment.poll_timeout().map(|due| due.since_start()), Some(Duration::from_secs(40)));
}

#[test]
fn transitions_carry_skew_and_server_time() {
    let mut harness = Harness::new();
    harness.pass(Duration::from_millis(2));
    let client = harness.connect();
    harness.send(client, modify(0, vec![]));
    let transition = harness.frame(client);
    assert_eq!(transition["clientClockSkew"], 3, "the client's clock was at 5 ms, the server's at 2 ms");
    assert_eq!(transition["serverTs"], (STARTED_AT.0 + 2) * 1_000_000);
}

#[test]
fn without_connect_there_is_no_skew() {
    let mut harness = Harness::new();
    let client = harness.open();
    harness.send(client, modify(0, vec![]));
    assert_eq!(harness.frame(client)["clientClockSkew"], json!(null));
}

#[test]
fn creation_times_are_strictly_increasing() {
    let mut harness = Harness::new();
    let times: Vec<_> = (0..3)
        .map(|_| {
            let id = harness.mutate("messages:send", json!({ "channel": "general", "body": "hi" }));
            let document = harness.deployment.edit(harness.now, |db| db.get(id.as_str().unwrap())).unwrap();
            document["_creationTime"].as_f64().unwrap()
        })
        .collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert_eq!(times[0], STARTED_AT.0 as f64);
}
