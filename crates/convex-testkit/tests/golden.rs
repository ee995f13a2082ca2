//! Golden frames: each recording of convex-js in `golden/` is replayed against our core, which must
//! send the same frames, compared as parsed JSON. Intended differences have a test of their own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::{Engine, prelude::BASE64_STANDARD};
use convex_sync::{
    Arguments, AuthPolicy, Config, Event, FetchId, FunctionPath, Input, QueryHandle, RequestOptions, Session,
    SessionId, SocketId, SyncClient, Time, Token, UnixMillis, Value,
};
use serde_json::{Value as Json, json};
use std::{collections::VecDeque, fs, path::Path};

#[rstest::rstest]
#[case("empty-load")]
#[case("plain-load")]
#[case("load-signed-in")]
#[case("reconnect-signed-in")]
#[case("reconnect-with-journal")]
#[case("requests")]
#[case("subscribe-and-unsubscribe")]
#[case("values")]
fn frames_equal_those_of_convex_js(#[case] name: &str) {
    Replay::of(name).run(|_| {});
}

#[test]
fn reconnect_after_a_rejection_names_auth_error_as_reason() {
    Replay::of("rejected-token").run(|expected| {
        if expected["lastCloseReason"].is_null() && expected["type"] == "Connect" {
            expected["lastCloseReason"] = json!("AuthError");
        }
    });
}

/// docs/auth.md §4, line 41.
#[test]
fn committed_mutation_is_not_resent() {
    let mut replay = Replay::of("mutation-replay");
    let committed = |event: &Json| event["sent"]["args"][0]["body"] == "committed, not seen";
    let resent = replay.events.iter().rposition(committed).unwrap();
    replay.events.remove(resent);
    replay.run(|_| {});
}

#[test]
fn sign_out_removes_and_adds_all_queries() {
    let mut replay = Replay::of("sign-in-and-out");
    let none = replay.events.pop_back().unwrap();
    let removed = |id| json!({ "type": "Remove", "queryId": id });
    replay.events.push_back(json!({ "sent": {
        "type": "ModifyQuerySet", "baseVersion": 2, "newVersion": 3, "modifications": [removed(0), removed(1)] } }));
    replay.events.push_back(none);
    let added = |id, path| json!({ "type": "Add", "queryId": id, "udfPath": path, "args": [{}] });
    let added_again = [added(2, "messages:list"), added(3, "users:current")];
    replay.events.push_back(json!({ "sent": {
        "type": "ModifyQuerySet", "baseVersion": 3, "newVersion": 4, "modifications": added_again } }));
    replay.run(|_| {});
}

/// docs/auth.md §4, line 22.
#[test]
fn page_load_fetches_one_token() {
    let mut replay = Replay::of("load-signed-in-refetching");
    let second = replay.events.pop_back().unwrap();
    assert_eq!(second["sent"]["type"], "Authenticate");
    replay.run(|_| {});
}

/// docs/auth.md §4, line 46.
#[test]
fn every_recording_is_replayed() {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.rs")).unwrap();
    for entry in fs::read_dir(golden_folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(source.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}

fn golden_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The argument that convex-js encoded, from the recording's encoding.
fn value(json: &Json) -> Value {
    let bytes = |key: &str| Some(BASE64_STANDARD.decode(json.get(key)?.as_str()?).unwrap());
    let eight = |key: &str| Some(<[u8; 8]>::try_from(bytes(key)?).unwrap());
    let tagged = eight("$integer").map(|bytes| Value::Int64(i64::from_le_bytes(bytes)));
    let tagged = tagged.or_else(|| Some(Value::Float64(f64::from_le_bytes(eight("$float")?))));
    if let Some(tagged) = tagged.or_else(|| bytes("$bytes").map(Value::Bytes)) {
        return tagged;
    }
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Float64(number.as_f64().unwrap()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), value(field))).collect())
        }
    }
}

struct Replay {
    events: VecDeque<Json>,
    client: SyncClient,
    now: Time,
    socket: Option<SocketId>,
    dialled: Option<SocketId>,
    tokens: VecDeque<String>,
    fetch: Option<FetchId>,
    queries: Vec<(Json, QueryHandle)>,
}

impl Replay {
    fn of(name: &str) -> Self {
        let text = fs::read_to_string(golden_folder().join(format!("{name}.json"))).unwrap();
        let recording: Json = serde_json::from_str(&text).unwrap();
        let session = SessionId::from_random_bytes([0; 16]);
        Self {
            events: recording["events"].as_array().unwrap().clone().into(),
            client: SyncClient::new(Config::default(), session, 1, UnixMillis(0)),
            now: Time::ZERO,
            socket: None,
            dialled: None,
            tokens: VecDeque::new(),
            fetch: None,
            queries: Vec::new(),
        }
    }

    fn run(mut self, adapt: impl Fn(&mut Json)) {
        while let Some(event) = self.events.pop_front() {
            let (kind, content) = event.as_object().unwrap().iter().next().unwrap();
            match kind.as_str() {
                "do" => self.act(content),
                "opened" => self.open(),
                "sent" => {
                    let mut expected = content.clone();
                    adapt(&mut expected);
                    assert_eq!(self.next_frame(), Some(expected));
                }
                "received" => self.receive(&content.to_string()),
                "closed" => self.close(content),
                other => panic!("unknown event {other} in a recording"),
            }
            let next_is_sent = self.events.front().is_some_and(|next| next.get("sent").is_some());
            if kind != "do" && !next_is_sent {
                assert_eq!(self.next_frame(), None, "after {event}");
            }
        }
    }

    fn act(&mut self, command: &Json) {
        let (verb, with) = command.as_object().unwrap().iter().next().unwrap();
        let call = || {
            let path = FunctionPath::parse(with["path"].as_str().unwrap()).unwrap();
            (path, Arguments::encode(&value(&with["args"])).unwrap().unwrap())
        };
        match verb.as_str() {
            "setAuth" => {
                self.tokens = with["tokens"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|token| token.as_str().unwrap().into())
                    .collect();
                self.client.set_session(self.now, Some(Session::signed_in("ada")));
            }
            "clearAuth" => self.client.sign_out(self.now),
            "subscribe" => {
                let (path, args) = call();
                self.queries.push((with.clone(), self.client.subscribe(&path, &args, AuthPolicy::Settled)));
            }
            "unsubscribe" => {
                let place = self.queries.iter().position(|(subscribed, _)| subscribed == with).unwrap();
                self.client.unsubscribe(self.queries.remove(place).1);
            }
            "mutation" => {
                let (path, args) = call();
                self.client.mutate(self.now, path, args, RequestOptions::default());
            }
            "action" => {
                let (path, args) = call();
                self.client.act(self.now, path, args, RequestOptions::default());
            }
            other => panic!("unknown command {other} in a recording"),
        }
        self.drain();
    }

    fn open(&mut self) {
        self.drain();
        self.answer_fetch();
        while self.dialled.is_none() {
            self.now = self.client.poll_timeout().expect("a dial is scheduled");
            self.client.handle(self.now, Input::Timeout);
            self.drain();
            self.answer_fetch();
        }
        self.socket = self.dialled.take();
        self.client.handle(self.now, Input::Opened { socket: self.socket.unwrap() });
        self.drain();
    }

    fn receive(&mut self, text: &str) {
        self.client.handle(self.now, Input::Text { socket: self.socket.unwrap(), text });
        self.drain();
    }

    fn close(&mut self, closed: &Json) {
        let code = closed["code"].as_u64().unwrap().try_into().unwrap();
        let reason = closed["reason"].as_str().unwrap();
        self.client.handle(self.now, Input::Closed { socket: self.socket.unwrap(), code, reason });
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Open { socket } => self.dialled = Some(socket),
                Event::FetchToken { fetch, .. } => self.fetch = Some(fetch),
                _ => {}
            }
        }
    }

    fn answer_fetch(&mut self) {
        if let Some(fetch) = self.fetch.take() {
            let token = self.tokens.pop_front().map(Token::new);
            self.client.handle(self.now, Input::Token { fetch, outcome: Ok(token) });
            self.drain();
        }
    }

    fn next_frame(&mut self) -> Option<Json> {
        self.answer_fetch();
        let mut frame: Json = serde_json::from_str(&self.client.poll_transmit(self.now)?).unwrap();
        self.drain();
        if frame["type"] == "Connect" {
            frame["clientTs"] = json!(0);
        }
        Some(frame)
    }
}
