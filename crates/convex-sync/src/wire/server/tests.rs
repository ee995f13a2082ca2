use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

#[track_caller]
fn parse(frame: &Value) -> ServerFrame {
    ServerFrame::parse(&frame.to_string()).unwrap()
}

#[track_caller]
fn error(frame: &Value) -> String {
    ServerFrame::parse(&frame.to_string()).unwrap_err()
}

fn version(query_set: u32, ts: &str) -> Value {
    json!({"querySet": query_set, "identity": 0, "ts": ts})
}

fn transition(modifications: Value) -> Value {
    json!({"type": "Transition", "startVersion": version(0, "AAAAAAAAAAA="), "endVersion": version(1, "AQAAAAAAAAA="),
        "modifications": modifications, "clientClockSkew": -3, "serverTs": 1_700_000_000_000_000_000_i64})
}

#[track_caller]
fn modification(modification: Value) -> StateModification {
    let ServerFrame::Transition(mut transition) = parse(&transition(json!([modification]))) else {
        panic!("a transition")
    };
    transition.modifications.remove(0)
}

#[test]
fn transitions_are_parsed() {
    let ServerFrame::Transition(transition) = parse(&transition(json!([]))) else { panic!("a transition") };
    assert_eq!(transition.start, StateVersion::default());
    assert_eq!(transition.end, StateVersion { query_set: 1, identity: 0, ts: Timestamp(1) });
    assert!(transition.modifications.is_empty());
    assert_eq!(transition.client_clock_skew, Some(-3));
}

#[test]
fn optional_and_unknown_fields_of_transitions_are_tolerated() {
    for (skew, expected) in [(json!(null), None), (json!(2.0), Some(2)), (json!(2.5), Some(2))] {
        let mut frame = transition(json!([]));
        frame["clientClockSkew"] = skew;
        frame["somethingNew"] = json!({"$integer": []});
        let ServerFrame::Transition(transition) = parse(&frame) else { panic!("a transition") };
        assert_eq!(transition.client_clock_skew, expected);
    }
}

#[test]
fn query_results_are_parsed() {
    let modification =
        modification(json!({"type": "QueryUpdated", "queryId": 7, "value": [1.0, {"b": 1, "a": 2}],
        "logLines": ["[LOG] 'x'"], "journal": "cursor"}));
    let StateModification::Result { query: 7, outcome: Ok(value), log_lines, journal } = modification else {
        panic!("{modification:?}")
    };
    assert_eq!(serde_json::from_str::<Value>(value.as_json()).unwrap(), json!([1.0, {"b": 1, "a": 2}]));
    assert_eq!(log_lines, ["[LOG] 'x'"]);
    assert_eq!(journal.as_deref(), Some("cursor"));
}

#[test]
fn values_keep_their_received_text() {
    let text = r#"{"type":"ActionResponse","requestId":1,"success":true,"result":{"b" : 1.0, "a":1e2}}"#;
    let ServerFrame::ActionResponse(response) = ServerFrame::parse(text).unwrap() else {
        panic!("a response")
    };
    assert_eq!(response.outcome.unwrap().as_json(), r#"{"b" : 1.0, "a":1e2}"#);
}

#[test]
fn missing_values_are_null() {
    for update in [
        json!({"type": "QueryUpdated", "queryId": 7}),
        json!({"type": "QueryUpdated", "queryId": 7, "value": null, "logLines": null, "journal": null}),
    ] {
        let modification = modification(update);
        let StateModification::Result { outcome: Ok(value), log_lines, journal: None, .. } = modification
        else {
            panic!("{modification:?}")
        };
        assert_eq!(value.as_json(), "null");
        assert!(log_lines.is_empty());
    }
}

#[test]
fn query_errors_keep_their_data() {
    for (data, expected) in [(None, None), (Some(json!(null)), Some("null")), (Some(json!([1])), Some("[1]"))]
    {
        let mut failure = json!({"type": "QueryFailed", "queryId": 7, "errorMessage": "no", "logLines": []});
        if let Some(data) = data {
            failure["errorData"] = data;
        }
        let modification = modification(failure);
        let StateModification::Result { query: 7, outcome: Err(error), .. } = modification else {
            panic!("{modification:?}")
        };
        assert_eq!(&*error.message, "no");
        assert_eq!(error.data.as_ref().map(EncodedValue::as_json), expected);
    }
}

#[test]
fn removed_queries_are_parsed() {
    let modification = modification(json!({"type": "QueryRemoved", "queryId": 7}));
    assert!(matches!(modification, StateModification::Removed { query: 7 }));
}

#[test]
fn transition_chunks_are_parsed() {
    let frame = parse(&json!({"type": "TransitionChunk", "chunk": "{\"ü", "partNumber": 1, "totalParts": 3,
        "transitionId": "12345678"}));
    let ServerFrame::Chunk { chunk, part: 1, total: 3, transition } = frame else { panic!("{frame:?}") };
    assert_eq!((&*chunk, &*transition), ("{\"ü", "12345678"));
}

#[test]
fn mutation_successes_have_a_timestamp() {
    let frame = parse(&json!({"type": "MutationResponse", "requestId": 5, "success": true, "result": 1.0,
        "ts": "AQAAAAAAAAA=", "logLines": []}));
    let ServerFrame::MutationResponse { ts: Some(Timestamp(1)), response } = frame else {
        panic!("{frame:?}")
    };
    assert_eq!(response.request, 5);
    assert_eq!(response.outcome.unwrap().as_json(), "1.0");
}

#[test]
fn request_errors_keep_data_and_log_lines() {
    for kind in ["MutationResponse", "ActionResponse"] {
        for (data, expected) in [(None, None), (Some(json!(null)), Some("null"))] {
            let mut frame = json!({"type": kind, "requestId": 5, "success": false, "result": "no",
                "ts": "AQAAAAAAAAA=", "logLines": ["[LOG] 'x'"]});
            if let Some(data) = data {
                frame["errorData"] = data;
            }
            let frame = parse(&frame);
            let (ServerFrame::MutationResponse { ts: None, response }
            | ServerFrame::ActionResponse(response)) = frame
            else {
                panic!("{frame:?}")
            };
            let error = response.outcome.unwrap_err();
            assert_eq!(&*error.message, "no");
            assert_eq!(error.data.as_ref().map(EncodedValue::as_json), expected);
            assert_eq!(response.log_lines, ["[LOG] 'x'"]);
        }
    }
}

#[test]
fn request_errors_without_a_message_get_one() {
    for (result, expected) in
        [(json!({"code": 1}), r#"{"code":1}"#), (json!(null), "the server gave no reason")]
    {
        let frame =
            parse(&json!({"type": "ActionResponse", "requestId": 5, "success": false, "result": result}));
        let ServerFrame::ActionResponse(ServerResponse { outcome: Err(error), .. }) = frame else {
            panic!("{frame:?}")
        };
        assert_eq!(&*error.message, expected);
    }
}

#[test]
fn auth_errors_are_parsed() {
    for (base_version, update_attempted) in [(Some(3), Some(true)), (None, Some(false)), (Some(0), None)] {
        let frame = parse(&json!({"type": "AuthError", "error": "expired", "baseVersion": base_version,
            "authUpdateAttempted": update_attempted}));
        let ServerFrame::AuthError(rejection) = frame else { panic!("{frame:?}") };
        assert_eq!(&*rejection.message, "expired");
        assert_eq!((rejection.base_version, rejection.update_attempted), (base_version, update_attempted));
    }
}

#[test]
fn fatal_errors_and_pings_are_parsed() {
    let frame = parse(&json!({"type": "FatalError", "error": "your fault"}));
    assert!(matches!(frame, ServerFrame::FatalError { message } if &*message == "your fault"));
    assert!(matches!(parse(&json!({"type": "Ping", "more": 1})), ServerFrame::Ping));
}

#[test]
fn frames_of_unknown_types_are_accepted() {
    assert!(matches!(parse(&json!({"type": "News"})), ServerFrame::Unknown));
    let fields_of_other_types = json!({"requestId": "one", "type": "News", "modifications": 5, "ts": 1});
    assert!(matches!(parse(&fields_of_other_types), ServerFrame::Unknown));
}

#[test]
fn errors_name_the_missing_field() {
    for (frame, expected) in [
        (json!({"type": "Transition"}), "a `Transition` without `startVersion`"),
        (json!({"type": "TransitionChunk", "chunk": ""}), "a `TransitionChunk` without `partNumber`"),
        (json!({"type": "MutationResponse"}), "a `MutationResponse` without `success`"),
        (json!({"type": "ActionResponse", "success": true}), "a `ActionResponse` without `requestId`"),
        (json!({"type": "AuthError"}), "a `AuthError` without `error`"),
        (json!({"type": "FatalError"}), "a `FatalError` without `error`"),
        (transition(json!([{"type": "QueryUpdated"}])), "a `QueryUpdated` without `queryId`"),
        (
            transition(json!([{"type": "QueryFailed", "queryId": 0}])),
            "a `QueryFailed` without `errorMessage`",
        ),
        (
            transition(json!([{"type": "QueryMoved", "queryId": 0}])),
            "a modification of an unknown type, in a `Transition`",
        ),
    ] {
        assert_eq!(error(&frame), expected);
    }
}

#[test]
fn errors_name_the_field_and_never_quote_the_frame() {
    let mut odd_version = transition(json!([]));
    odd_version["startVersion"]["ts"] = json!("secret");
    for (frame, expected) in [
        (
            json!({"type": "MutationResponse", "requestId": "secret", "success": true}),
            "a `MutationResponse` with a `requestId` of the wrong type",
        ),
        (odd_version, "a `startVersion` with a `ts` of the wrong type"),
        (
            json!({"type": "Transition", "startVersion": ["secret"]}),
            "a `Transition` with a `startVersion` of the wrong type",
        ),
        (
            json!({"type": "AuthError", "error": {"secret": 1}}),
            "a `AuthError` with a `error` of the wrong type",
        ),
        (
            transition(json!([{"type": "QueryUpdated", "queryId": "secret"}])),
            "a `QueryUpdated` with a `queryId` of the wrong type",
        ),
        (json!({"type": {"secret": 1}}), "a `frame` with a `type` of the wrong type"),
        (json!({"kind": "secret"}), "a `frame` without `type`"),
        (json!(["secret"]), "an unexpected character at byte 0 of the JSON text"),
        (
            json!({"modifications": ["secret"], "type": "Transition"}),
            "an unexpected character at byte 18 of the JSON text, in a `Transition`",
        ),
    ] {
        assert_eq!(error(&frame), expected);
    }
    for text in
        ["", "{", "secret", r#"{"type":"secret}"#, r#"{"type":"Ping"} secret"#, r#"{"type":"Ping","secret"}"#]
    {
        let error = ServerFrame::parse(text).unwrap_err();
        assert!(error.contains("the JSON text") && !error.contains("secret"), "{error}");
    }
}

#[test]
fn deep_nesting_is_an_error() {
    for bomb in ["[", r#"{"type":"#, r#"{"type":"Ping","result":["#, r#"{"modifications":["#] {
        assert!(ServerFrame::parse(&bomb.repeat(100_000)).is_err());
    }
    let deep = format!(
        r#"{{"type":"ActionResponse","requestId":0,"success":true,"result":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    if let Ok(ServerFrame::ActionResponse(response)) = ServerFrame::parse(&deep) {
        assert!(response.outcome.unwrap().decode::<crate::Value>().is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = ServerFrame::parse(&text);
    }

    #[test]
    fn damaged_frames_never_panic(at in 0_usize..600, by in any::<char>()) {
        let frame = transition(json!([
            {"type": "QueryUpdated", "queryId": 7, "value": [1.0], "logLines": ["[LOG] 'x'"], "journal": "cursor"},
            {"type": "QueryFailed", "queryId": 8, "errorMessage": "no", "errorData": null, "logLines": []},
        ]));
        let mut characters: Vec<char> = frame.to_string().chars().collect();
        let at = at % characters.len();
        characters[at] = by;
        let _ = ServerFrame::parse(&characters.into_iter().collect::<String>());
    }
}
