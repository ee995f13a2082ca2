//! Frames to the server.

use super::Timestamp;
use crate::{Arguments, FunctionPath, SessionId, Token, UnixMillis};
use serde::{Serialize, Serializer, ser};
use serde_json::value::RawValue;

/// A frame to the server.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum ClientFrame<'a> {
    Connect {
        #[serde(rename = "sessionId", serialize_with = "display")]
        session: SessionId,
        connection_count: u32,
        last_close_reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        max_observed_timestamp: Option<Timestamp>,
        #[serde(serialize_with = "millis")]
        client_ts: UnixMillis,
    },
    /// From `base_version` to the next one.
    ModifyQuerySet {
        #[serde(flatten, serialize_with = "versions")]
        base_version: u32,
        modifications: Vec<QueryModification<'a>>,
    },
    Mutation {
        #[serde(rename = "requestId")]
        request: u32,
        #[serde(rename = "udfPath", serialize_with = "display")]
        function: &'a FunctionPath,
        #[serde(serialize_with = "only_argument")]
        args: &'a Arguments,
    },
    Action {
        #[serde(rename = "requestId")]
        request: u32,
        #[serde(rename = "udfPath", serialize_with = "display")]
        function: &'a FunctionPath,
        #[serde(serialize_with = "only_argument")]
        args: &'a Arguments,
    },
    /// `None` signs out.
    Authenticate {
        base_version: u32,
        #[serde(flatten, serialize_with = "token_and_type")]
        token: Option<&'a Token>,
    },
    /// An entry for the server's log; `event` is JSON text.
    Event {
        event_type: &'a str,
        #[serde(serialize_with = "raw")]
        event: &'a str,
    },
}

/// A change of the set of queries a client wants.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum QueryModification<'a> {
    /// `journal`: `None` before any result, then as the server last sent it.
    Add {
        #[serde(rename = "queryId")]
        query: u32,
        #[serde(rename = "udfPath", serialize_with = "display")]
        function: &'a FunctionPath,
        #[serde(serialize_with = "only_argument")]
        args: &'a Arguments,
        #[serde(skip_serializing_if = "Option::is_none")]
        journal: Option<Option<&'a str>>,
    },
    Remove {
        #[serde(rename = "queryId")]
        query: u32,
    },
}

impl ClientFrame<'_> {
    /// The frame's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a frame is made of strings, numbers and JSON text")
    }
}

fn display<T: ToString, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

fn millis<S: Serializer>(time: &UnixMillis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.0)
}

fn versions<S: Serializer>(base_version: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Versions {
        base_version: u32,
        new_version: u32,
    }

    Versions { base_version: *base_version, new_version: base_version + 1 }.serialize(serializer)
}

fn only_argument<S: Serializer>(args: &&Arguments, serializer: S) -> Result<S::Ok, S::Error> {
    [raw_value::<S>(args.as_json())?].serialize(serializer)
}

fn token_and_type<S: Serializer>(token: &Option<&Token>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(tag = "tokenType")]
    enum TokenFields<'a> {
        User { value: &'a str },
        None,
    }

    match token {
        Some(token) => TokenFields::User { value: token.expose() },
        None => TokenFields::None,
    }
    .serialize(serializer)
}

fn raw<S: Serializer>(json: &&str, serializer: S) -> Result<S::Ok, S::Error> {
    raw_value::<S>(json)?.serialize(serializer)
}

fn raw_value<S: Serializer>(json: &str) -> Result<&RawValue, S::Error> {
    serde_json::from_str(json).map_err(ser::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn assert_frame(frame: ClientFrame<'_>, expected: Value) {
        assert_eq!(serde_json::from_str::<Value>(&frame.to_json()).unwrap(), expected);
    }

    fn function() -> FunctionPath {
        FunctionPath::parse("messages:list").unwrap()
    }

    fn args() -> Arguments {
        Arguments::encode(&json!({ "channel": "general" })).unwrap().unwrap()
    }

    #[test]
    fn connect() {
        let session = SessionId::from_random_bytes([0; 16]);
        assert_frame(
            ClientFrame::Connect {
                session,
                connection_count: 0,
                last_close_reason: Some("InitialConnect"),
                max_observed_timestamp: None,
                client_ts: UnixMillis(1_795_209_208_291),
            },
            json!({"type": "Connect", "sessionId": "00000000-0000-4000-8000-000000000000", "connectionCount": 0,
                "lastCloseReason": "InitialConnect", "clientTs": 1_795_209_208_291_i64}),
        );
        assert_frame(
            ClientFrame::Connect {
                session,
                connection_count: 3,
                last_close_reason: None,
                max_observed_timestamp: Some(Timestamp(1)),
                client_ts: UnixMillis(-1),
            },
            json!({"type": "Connect", "sessionId": "00000000-0000-4000-8000-000000000000", "connectionCount": 3,
                "lastCloseReason": null, "maxObservedTimestamp": "AQAAAAAAAAA=", "clientTs": -1}),
        );
    }

    #[test]
    fn modify_query_set() {
        let (function, args) = (function(), args());
        let add =
            |query, journal| QueryModification::Add { query, function: &function, args: &args, journal };
        let modifications = vec![
            add(0, None),
            add(1, Some(None)),
            add(2, Some(Some("cursor"))),
            QueryModification::Remove { query: 7 },
        ];
        let args = json!([{ "channel": "general" }]);
        assert_frame(
            ClientFrame::ModifyQuerySet { base_version: 4, modifications },
            json!({"type": "ModifyQuerySet", "baseVersion": 4, "newVersion": 5, "modifications": [
                {"type": "Add", "queryId": 0, "udfPath": "messages:list", "args": args},
                {"type": "Add", "queryId": 1, "udfPath": "messages:list", "args": args, "journal": null},
                {"type": "Add", "queryId": 2, "udfPath": "messages:list", "args": args, "journal": "cursor"},
                {"type": "Remove", "queryId": 7},
            ]}),
        );
        assert_frame(
            ClientFrame::ModifyQuerySet { base_version: 0, modifications: vec![] },
            json!({"type": "ModifyQuerySet", "baseVersion": 0, "newVersion": 1, "modifications": []}),
        );
    }

    #[test]
    fn requests() {
        let (function, args) = (function(), args());
        assert_frame(
            ClientFrame::Mutation { request: 0, function: &function, args: &args },
            json!({"type": "Mutation", "requestId": 0, "udfPath": "messages:list", "args": [{"channel": "general"}]}),
        );
        assert_frame(
            ClientFrame::Action { request: 1, function: &function, args: &args },
            json!({"type": "Action", "requestId": 1, "udfPath": "messages:list", "args": [{"channel": "general"}]}),
        );
    }

    #[test]
    fn authenticate() {
        assert_frame(
            ClientFrame::Authenticate { base_version: 2, token: Some(&Token::new("a.b.c")) },
            json!({"type": "Authenticate", "baseVersion": 2, "tokenType": "User", "value": "a.b.c"}),
        );
        assert_frame(
            ClientFrame::Authenticate { base_version: 3, token: None },
            json!({"type": "Authenticate", "baseVersion": 3, "tokenType": "None"}),
        );
    }

    #[test]
    fn event() {
        assert_frame(
            ClientFrame::Event { event_type: "NetworkRecoveryReconnect", event: r#"{"timeSavedMs":17}"# },
            json!({"type": "Event", "eventType": "NetworkRecoveryReconnect", "event": {"timeSavedMs": 17}}),
        );
    }

    #[test]
    fn a_frame_in_debug_output_holds_no_token() {
        let token = Token::new("secret");
        let frame = ClientFrame::Authenticate { base_version: 0, token: Some(&token) };
        assert!(!format!("{frame:?}").contains("secret"));
    }
}
