//! Frames of the client, decoded by the official wire types, which must give the intended message.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use convex_sync::{
    Arguments, FunctionPath, SessionId, Token, UnixMillis,
    wire::{ClientFrame, QueryModification, Timestamp},
};
use convex_sync_types::{
    AuthenticationToken, ClientMessage, QuerySetModification,
    types::{ClientEvent, SerializedArgs},
};
use proptest::{collection, option, prelude::*};
use serde_json::{Value as Json, json};

fn decode(frame: &ClientFrame<'_>) -> ClientMessage {
    let json: Json = serde_json::from_str(&frame.to_json()).unwrap();
    ClientMessage::try_from(json).unwrap()
}

fn function() -> impl Strategy<Value = FunctionPath> {
    "[a-z][a-zA-Z0-9_]{0,6}(/[a-z]{1,6})?:[a-z][a-zA-Z0-9_]{0,6}"
        .prop_map(|path| FunctionPath::parse(&path).unwrap())
}

fn args() -> impl Strategy<Value = Arguments> {
    let argument = prop_oneof![
        any::<String>().prop_map(Json::String),
        any::<f64>().prop_map(|number| json!(number)),
        (-1000..1000).prop_map(|number| json!({ "a": [number] })),
    ];
    collection::btree_map("[a-z ]{0,5}", argument, 0..4)
        .prop_map(|args| Arguments::encode(&args).unwrap().expect("an object"))
}

/// The server holds arguments as the JSON text of an array.
fn assert_same_args(decoded: &SerializedArgs, expected: &Arguments) {
    let decoded: Json = serde_json::from_str(decoded.get()).unwrap();
    let expected: Json = serde_json::from_str(expected.as_json()).unwrap();
    assert_eq!(decoded, json!([expected]));
}

#[derive(Debug, Clone)]
struct AddedQuery {
    id: u32,
    function: FunctionPath,
    args: Arguments,
    journal: Option<Option<String>>,
}

fn query() -> impl Strategy<Value = AddedQuery> {
    (any::<u32>(), function(), args(), option::of(option::of(any::<String>())))
        .prop_map(|(id, function, args, journal)| AddedQuery { id, function, args, journal })
}

proptest! {
    #[test]
    fn official_types_read_connect(
        random in any::<[u8; 16]>(),
        connection_count in any::<u32>(),
        reason in option::of(any::<String>()),
        ts in option::of(0..=i64::MAX as u64),
        clock in 0..i64::MAX,
    ) {
        let session = SessionId::from_random_bytes(random);
        let frame = ClientFrame::Connect {
            session,
            connection_count,
            last_close_reason: reason.as_deref(),
            max_observed_timestamp: ts.map(Timestamp),
            client_ts: UnixMillis(clock),
        };
        let expected = ClientMessage::Connect {
            session_id: session.to_string().parse().unwrap(),
            connection_count,
            last_close_reason: reason.clone().unwrap_or_else(|| "unknown".into()),
            max_observed_timestamp: ts.map(|ts| ts.try_into().unwrap()),
            client_ts: Some(clock as u64),
        };
        prop_assert_eq!(decode(&frame), expected);
    }

    /// docs/auth.md §4, line 46.
    #[test]
    fn official_types_read_modify_query_set(
        base_version in 0..u32::MAX,
        added in collection::vec(query(), 0..3),
        removed in collection::vec(any::<u32>(), 0..3),
    ) {
        let adds = added.iter().map(|query| QueryModification::Add {
            query: query.id,
            function: &query.function,
            args: &query.args,
            journal: query.journal.as_ref().map(Option::as_deref),
        });
        let removes = removed.iter().map(|query| QueryModification::Remove { query: *query });
        let frame = ClientFrame::ModifyQuerySet { base_version, modifications: adds.chain(removes).collect() };

        let ClientMessage::ModifyQuerySet { base_version: base, new_version, modifications } = decode(&frame) else {
            panic!("unexpected message")
        };
        prop_assert_eq!((base, new_version), (base_version, base_version + 1));
        prop_assert_eq!(modifications.len(), added.len() + removed.len());
        for (decoded, expected) in modifications.iter().zip(&added) {
            let QuerySetModification::Add(decoded) = decoded else { panic!("unexpected modification") };
            prop_assert_eq!(decoded.query_id.get_id(), expected.id);
            prop_assert_eq!(String::from(decoded.udf_path.clone()), expected.function.as_str());
            prop_assert_eq!(&decoded.journal, &expected.journal);
            prop_assert_eq!(&decoded.component_path, &None);
            assert_same_args(&decoded.args, &expected.args);
        }
        for (decoded, expected) in modifications[added.len()..].iter().zip(&removed) {
            let QuerySetModification::Remove { query_id } = decoded else { panic!("unexpected modification") };
            prop_assert_eq!(query_id.get_id(), *expected);
        }
    }

    /// docs/auth.md §4, line 46.
    #[test]
    fn official_types_read_requests(request in any::<u32>(), function in function(), args in args()) {
        let mutation = decode(&ClientFrame::Mutation { request, function: &function, args: &args });
        let action = decode(&ClientFrame::Action { request, function: &function, args: &args });
        assert!(matches!(mutation, ClientMessage::Mutation { .. }));
        assert!(matches!(action, ClientMessage::Action { .. }));
        for message in [mutation, action] {
            let (ClientMessage::Mutation { request_id, udf_path, args: decoded_args, component_path }
            | ClientMessage::Action { request_id, udf_path, args: decoded_args, component_path }) = message
            else {
                panic!("unexpected message")
            };
            prop_assert_eq!(request_id, request);
            prop_assert_eq!(String::from(udf_path), function.as_str());
            prop_assert_eq!(component_path, None);
            assert_same_args(&decoded_args, &args);
        }
    }

    /// docs/auth.md §4, line 46.
    #[test]
    fn official_types_read_authenticate(base_version in any::<u32>(), token in option::of(any::<String>())) {
        let wrapped = token.as_deref().map(Token::new);
        let frame = ClientFrame::Authenticate { base_version, token: wrapped.as_ref() };
        let token = token.clone().map_or(AuthenticationToken::None, AuthenticationToken::User);
        prop_assert_eq!(decode(&frame), ClientMessage::Authenticate { base_version, token });
    }

    #[test]
    fn official_types_read_events(event_type in any::<String>(), millis in any::<u32>()) {
        let event = json!({ "timeSavedMs": millis });
        let text = event.to_string();
        let frame = ClientFrame::Event { event_type: &event_type, event: &text };
        prop_assert_eq!(decode(&frame), ClientMessage::Event(ClientEvent { event_type: event_type.clone(), event }));
    }
}
