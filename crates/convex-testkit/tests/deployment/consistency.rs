//! After any writes, the last results sent to a subscriber equal those of a fresh read.

use std::collections::BTreeMap;

use convex_testkit::{ConnectionId, FunctionKind, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::harness::*;

const CHANNELS: [&str; 2] = ["general", "random"];

#[derive(Debug, Clone)]
enum RandomWrite {
    Send { channel: usize, body: u8 },
    Edit { message: usize, body: u8 },
    Move { message: usize, channel: usize },
    Remove { message: usize },
    Fail,
}

fn write() -> impl Strategy<Value = RandomWrite> {
    let channel = 0..CHANNELS.len();
    prop_oneof![
        3 => (channel.clone(), 0_u8..3).prop_map(|(channel, body)| RandomWrite::Send { channel, body }),
        2 => (any::<usize>(), 0_u8..3).prop_map(|(message, body)| RandomWrite::Edit { message, body }),
        1 => (any::<usize>(), channel).prop_map(|(message, channel)| RandomWrite::Move { message, channel }),
        1 => any::<usize>().prop_map(|message| RandomWrite::Remove { message }),
        1 => Just(RandomWrite::Fail),
    ]
}

/// A client with four queries and the last value of each.
struct Subscriber {
    connection: ConnectionId,
    queries: Vec<(&'static str, Json)>,
    values: BTreeMap<u64, Json>,
    version: Json,
}

impl Subscriber {
    fn new(harness: &mut Harness) -> Self {
        let queries = vec![
            ("messages:list", json!({ "channel": CHANNELS[0] })),
            ("messages:list", json!({ "channel": CHANNELS[1] })),
            ("messages:all", json!({})),
            ("messages:few", json!({})),
        ];
        let connection = harness.connect();
        let added = (0..).zip(&queries).map(|(id, (path, args))| add(id, path, args.clone())).collect();
        harness.send(connection, modify(0, added));
        let version = json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" });
        Self { connection, queries, values: BTreeMap::new(), version }
    }

    fn receive(&mut self, harness: &mut Harness) {
        for transition in harness.frames(self.connection) {
            assert_eq!(transition["startVersion"], self.version);
            self.version = transition["endVersion"].clone();
            for modification in transition["modifications"].as_array().unwrap() {
                self.values.insert(modification["queryId"].as_u64().unwrap(), modification["value"].clone());
            }
        }
    }

    fn check(&self, harness: &mut Harness) {
        for (id, (path, args)) in (0..).zip(&self.queries) {
            let Value::Object(args) = Value::try_from(args.clone()).unwrap() else { panic!("an object") };
            let fresh =
                harness.deployment.call(harness.now, FunctionKind::Query, path, args, None).result.unwrap();
            assert_eq!(self.values[&id], Json::from(fresh), "{path}");
        }
    }
}

fn apply(harness: &mut Harness, messages: &mut Vec<String>, write: &RandomWrite) {
    let nth = |message: &usize| (!messages.is_empty()).then(|| message % messages.len());
    match write {
        RandomWrite::Send { channel, body } => {
            let id = harness
                .mutate("messages:send", json!({ "channel": CHANNELS[*channel], "body": body.to_string() }));
            messages.push(id.as_str().unwrap().to_owned());
        }
        RandomWrite::Edit { message, body } => {
            let Some(message) = nth(message) else { return };
            harness.mutate("messages:edit", json!({ "id": messages[message], "body": body.to_string() }));
        }
        RandomWrite::Move { message, channel } => {
            let Some(message) = nth(message) else { return };
            let args = json!({ "id": messages[message], "channel": CHANNELS[*channel], "body": "moved" });
            harness.mutate("messages:replace", args);
        }
        RandomWrite::Remove { message } => {
            let Some(message) = nth(message) else { return };
            harness.mutate("messages:remove", json!({ "id": messages.remove(message) }));
        }
        RandomWrite::Fail => {
            let failed = harness.deployment.call(
                harness.now,
                FunctionKind::Mutation,
                "messages:failing",
                convex_testkit::object! {},
                None,
            );
            assert!(failed.result.is_err());
        }
    }
}

proptest! {
    #[test]
    fn subscribers_see_the_same_as_a_fresh_read(batches in prop::collection::vec(prop::collection::vec(write(), 0..4), 0..8)) {
        let mut harness = Harness::new();
        let mut messages = Vec::new();
        let mut subscriber = Subscriber::new(&mut harness);
        for batch in batches {
            batch.iter().for_each(|write| apply(&mut harness, &mut messages, write));
            subscriber.receive(&mut harness);
            subscriber.check(&mut harness);
        }
    }
}
