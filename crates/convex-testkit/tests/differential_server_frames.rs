//! Frames written by the official wire types, which the client must read as intended.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use convex_sync::{
    EncodedValue, FunctionError,
    wire::{self, ChunkBuffer, ServerFrame, ServerResponse},
};
use convex_sync_types::{
    ErrorPayload, LogLinesMessage, QueryId, ServerMessage, StateModification, StateVersion, Timestamp,
};
use convex_testkit::Value;
use proptest::{collection, option, prelude::*};
use serde_json::Value as Json;

fn received(message: &ServerMessage<Value>) -> ServerFrame {
    ServerFrame::parse(&Json::from(message.clone()).to_string()).unwrap()
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<f64>().prop_map(Value::Float64),
        any::<i64>().prop_map(Value::Int64),
        any::<String>().prop_map(Value::String),
        collection::btree_map("[a-z]{0,4}", "[ -~]{0,4}".prop_map(Value::String), 0..3)
            .prop_map(Value::Object),
    ]
}

fn log_lines() -> impl Strategy<Value = LogLinesMessage> {
    collection::vec(any::<String>(), 0..3).prop_map(LogLinesMessage)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (0..=i64::MAX).prop_map(|nanos| nanos.try_into().unwrap())
}

fn version() -> impl Strategy<Value = StateVersion> {
    (any::<u32>(), any::<u32>(), timestamp()).prop_map(|(query_set, identity, ts)| StateVersion {
        query_set,
        identity,
        ts,
    })
}

fn modification() -> impl Strategy<Value = StateModification<Value>> {
    let query_id = || any::<u32>().prop_map(QueryId::new);
    let journal = || option::of(any::<String>());
    prop_oneof![
        (query_id(), value(), log_lines(), journal()).prop_map(|(query_id, value, log_lines, journal)| {
            StateModification::QueryUpdated { query_id, value, log_lines, journal }
        }),
        (query_id(), any::<String>(), log_lines(), journal(), option::of(value())).prop_map(
            |(query_id, error_message, log_lines, journal, error_data)| StateModification::QueryFailed {
                query_id,
                error_message,
                log_lines,
                journal,
                error_data,
            }
        ),
        query_id().prop_map(|query_id| StateModification::QueryRemoved { query_id }),
    ]
}

fn transition() -> impl Strategy<Value = ServerMessage<Value>> {
    let skew = option::of(-1_000_000_000_000_i64..1_000_000_000_000);
    (version(), version(), collection::vec(modification(), 0..4), skew, option::of(timestamp())).prop_map(
        |(start_version, end_version, modifications, client_clock_skew, server_ts)| {
            ServerMessage::Transition {
                start_version,
                end_version,
                modifications,
                client_clock_skew,
                server_ts,
            }
        },
    )
}

fn outcome() -> impl Strategy<Value = Result<Value, ErrorPayload<Value>>> {
    prop_oneof![
        value().prop_map(Ok),
        any::<String>().prop_map(|message| Err(ErrorPayload::Message(message))),
        (any::<String>(), value()).prop_map(|(message, data)| Err(ErrorPayload::ErrorData { message, data })),
    ]
}

fn assert_same_value(received: &EncodedValue, meant: &Value) {
    let received: Json = serde_json::from_str(received.as_json()).unwrap();
    assert_eq!(received, Json::from(meant.clone()));
}

fn assert_same_error(received: &FunctionError, message: &str, data: Option<&Value>) {
    assert_eq!(&*received.message, message);
    assert_eq!(received.data.is_some(), data.is_some());
    if let (Some(received), Some(meant)) = (&received.data, data) {
        assert_same_value(received, meant);
    }
}

fn assert_same_response(
    received: &ServerResponse,
    request: u32,
    outcome: &Result<Value, ErrorPayload<Value>>,
    log_lines: &LogLinesMessage,
) {
    assert_eq!(received.request, request);
    assert_eq!(received.log_lines, log_lines.0);
    match (&received.outcome, outcome) {
        (Ok(received), Ok(meant)) => assert_same_value(received, meant),
        (Err(received), Err(meant)) => assert_same_error(received, meant.get_message(), meant.get_data()),
        (received, meant) => panic!("{received:?} instead of {meant:?}"),
    }
}

fn assert_same_version(received: wire::StateVersion, meant: &StateVersion) {
    let ts = wire::Timestamp(meant.ts.into());
    assert_eq!(received, wire::StateVersion { query_set: meant.query_set, identity: meant.identity, ts });
}

fn assert_same_modification(received: &wire::StateModification, meant: &StateModification<Value>) {
    match (received, meant) {
        (
            wire::StateModification::Result { query, outcome: Ok(received), log_lines, journal },
            StateModification::QueryUpdated {
                query_id,
                value,
                log_lines: expected_lines,
                journal: expected_journal,
            },
        ) => {
            assert_eq!((*query, log_lines), (query_id.get_id(), &expected_lines.0));
            assert_eq!(journal.as_deref(), expected_journal.as_deref());
            assert_same_value(received, value);
        }
        (
            wire::StateModification::Result { query, outcome: Err(received), log_lines, journal },
            StateModification::QueryFailed {
                query_id,
                error_message,
                log_lines: expected_lines,
                journal: expected_journal,
                error_data,
            },
        ) => {
            assert_eq!((*query, log_lines), (query_id.get_id(), &expected_lines.0));
            assert_eq!(journal.as_deref(), expected_journal.as_deref());
            assert_same_error(received, error_message, error_data.as_ref());
        }
        (wire::StateModification::Removed { query }, StateModification::QueryRemoved { query_id }) => {
            assert_eq!(*query, query_id.get_id());
        }
        _ => panic!("{received:?} instead of {meant:?}"),
    }
}

fn assert_same_transition(received: &wire::Transition, meant: &ServerMessage<Value>) {
    let ServerMessage::Transition { start_version, end_version, modifications, client_clock_skew, .. } =
        meant
    else {
        panic!("{meant:?} is not a transition")
    };
    assert_same_version(received.start, start_version);
    assert_same_version(received.end, end_version);
    assert_eq!(received.client_clock_skew, *client_clock_skew);
    assert_eq!(received.modifications.len(), modifications.len());
    for (received, meant) in received.modifications.iter().zip(modifications) {
        assert_same_modification(received, meant);
    }
}

proptest! {
    #[test]
    fn client_reads_transitions(meant in transition()) {
        let ServerFrame::Transition(transition) = received(&meant) else { panic!("unexpected frame") };
        assert_same_transition(&transition, &meant);
    }

    #[test]
    fn client_reads_transitions_in_chunks(meant in transition(), characters_per_chunk in 1_usize..200) {
        let text: Vec<char> = Json::from(meant.clone()).to_string().chars().collect();
        let chunks: Vec<String> = text.chunks(characters_per_chunk).map(|chunk| chunk.iter().collect()).collect();
        let total_parts = u32::try_from(chunks.len()).unwrap();
        let mut buffer = ChunkBuffer::default();
        let mut transition = None;
        for (part_number, chunk) in (0..).zip(chunks) {
            prop_assert!(transition.is_none());
            let message = ServerMessage::TransitionChunk { chunk, part_number, total_parts, transition_id: "1".into() };
            let ServerFrame::Chunk { chunk, part, total, transition: id } = received(&message) else {
                panic!("unexpected frame")
            };
            transition = buffer.push(&chunk, part, total, &id).unwrap();
        }
        assert_same_transition(&transition.expect("all chunks were received"), &meant);
    }

    #[test]
    fn client_reads_mutation_responses(
        request_id in any::<u32>(),
        result in outcome(),
        ts in option::of(timestamp()),
        log_lines in log_lines(),
    ) {
        let meant =
            ServerMessage::MutationResponse { request_id, result: result.clone(), ts, log_lines: log_lines.clone() };
        let ServerFrame::MutationResponse { ts: received_ts, response } = received(&meant) else {
            panic!("unexpected frame")
        };
        assert_same_response(&response, request_id, &result, &log_lines);
        let expected_ts = ts.filter(|_| result.is_ok()).map(|ts| wire::Timestamp(ts.into()));
        prop_assert_eq!(received_ts, expected_ts);
    }

    #[test]
    fn client_reads_action_responses(request_id in any::<u32>(), result in outcome(), log_lines in log_lines()) {
        let meant = ServerMessage::ActionResponse { request_id, result: result.clone(), log_lines: log_lines.clone() };
        let ServerFrame::ActionResponse(response) = received(&meant) else { panic!("unexpected frame") };
        assert_same_response(&response, request_id, &result, &log_lines);
    }

    #[test]
    fn client_reads_auth_errors(
        error_message in any::<String>(),
        base_version in option::of(any::<u32>()),
        auth_update_attempted in option::of(any::<bool>()),
    ) {
        let meant = ServerMessage::AuthError { error_message: error_message.clone(), base_version, auth_update_attempted };
        let ServerFrame::AuthError(rejection) = received(&meant) else { panic!("unexpected frame") };
        prop_assert_eq!(&*rejection.message, error_message);
        prop_assert_eq!((rejection.base_version, rejection.update_attempted), (base_version, auth_update_attempted));
    }

    #[test]
    fn client_reads_fatal_errors(error_message in any::<String>()) {
        let meant = ServerMessage::FatalError { error_message: error_message.clone() };
        let ServerFrame::FatalError { message } = received(&meant) else { panic!("unexpected frame") };
        prop_assert_eq!(&*message, error_message);
    }
}

#[test]
fn client_reads_pings() {
    assert!(matches!(received(&ServerMessage::Ping), ServerFrame::Ping));
}
