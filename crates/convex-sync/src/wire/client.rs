//! Frames to the server.

use super::timestamp::Timestamp;
use crate::{Arguments, FunctionPath, SessionId, Token, UnixMillis, json::ObjectWriter};

/// A frame to the server.
#[derive(Debug)]
pub enum ClientFrame<'a> {
    Connect {
        session: SessionId,
        connection_count: u32,
        last_close_reason: Option<&'a str>,
        max_observed_timestamp: Option<Timestamp>,
        client_ts: UnixMillis,
    },
    /// Changes the query set from `base_version` to the next version.
    ModifyQuerySet {
        base_version: u32,
        modifications: Vec<QueryModification<'a>>,
    },
    Mutation {
        request: u32,
        function: &'a FunctionPath,
        args: &'a Arguments,
    },
    Action {
        request: u32,
        function: &'a FunctionPath,
        args: &'a Arguments,
    },
    /// `None` signs out.
    Authenticate {
        base_version: u32,
        token: Option<&'a Token>,
    },
    /// An entry for the server's log; `event` is JSON text.
    Event {
        event_type: &'a str,
        event: &'a str,
    },
}

/// A change to the query set.
#[derive(Debug)]
pub enum QueryModification<'a> {
    /// `journal` is `None` before the first result, then the one that the server sent last.
    Add {
        query: u32,
        function: &'a FunctionPath,
        args: &'a Arguments,
        journal: Option<Option<&'a str>>,
    },
    Remove {
        query: u32,
    },
}

impl ClientFrame<'_> {
    /// The frame's text.
    pub fn to_json(&self) -> String {
        // Enough for most frames.
        let mut json = String::with_capacity(128);
        match self {
            Self::Connect {
                session,
                connection_count,
                last_close_reason,
                max_observed_timestamp,
                client_ts,
            } => {
                let mut frame = begin(&mut json, "Connect");
                frame.text("sessionId", &session.to_string());
                frame.number("connectionCount", *connection_count);
                frame.text_or_null("lastCloseReason", *last_close_reason);
                if let Some(timestamp) = max_observed_timestamp {
                    frame.text("maxObservedTimestamp", &timestamp.to_base64());
                }
                frame.number("clientTs", client_ts.0);
                frame.end();
            }
            Self::ModifyQuerySet { base_version, modifications } => {
                let mut frame = begin(&mut json, "ModifyQuerySet");
                frame.number("baseVersion", *base_version);
                frame.number("newVersion", base_version + 1);
                frame.array("modifications", modifications, QueryModification::write);
                frame.end();
            }
            Self::Mutation { request, function, args } => {
                write_request(&mut json, "Mutation", *request, function, args);
            }
            Self::Action { request, function, args } => {
                write_request(&mut json, "Action", *request, function, args);
            }
            Self::Authenticate { base_version, token } => {
                let mut frame = begin(&mut json, "Authenticate");
                frame.number("baseVersion", *base_version);
                frame.text("tokenType", if token.is_some() { "User" } else { "None" });
                if let Some(token) = token {
                    frame.text("value", token.expose());
                }
                frame.end();
            }
            Self::Event { event_type, event } => {
                let mut frame = begin(&mut json, "Event");
                frame.text("eventType", event_type);
                frame.json("event", &[event]);
                frame.end();
            }
        }
        json
    }
}

/// Begins an object whose first field is its type.
fn begin<'a>(json: &'a mut String, kind: &str) -> ObjectWriter<'a> {
    let mut object = ObjectWriter::begin(json);
    object.text("type", kind);
    object
}

fn write_request(json: &mut String, kind: &str, request: u32, function: &FunctionPath, args: &Arguments) {
    let mut frame = begin(json, kind);
    frame.number("requestId", request);
    write_call(&mut frame, function, args);
    frame.end();
}

/// A function takes one argument: the object of all named arguments.
fn write_call(object: &mut ObjectWriter<'_>, function: &FunctionPath, args: &Arguments) {
    object.text("udfPath", function.as_str());
    object.json("args", &["[", args.as_json(), "]"]);
}

impl QueryModification<'_> {
    fn write(&self, json: &mut String) {
        match self {
            Self::Add { query, function, args, journal } => {
                let mut add = begin(json, "Add");
                add.number("queryId", *query);
                write_call(&mut add, function, args);
                if let Some(journal) = journal {
                    add.text_or_null("journal", *journal);
                }
                add.end();
            }
            Self::Remove { query } => {
                let mut remove = begin(json, "Remove");
                remove.number("queryId", *query);
                remove.end();
            }
        }
    }
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
    fn connect_frames() {
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
    fn modify_query_set_frames() {
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
    fn request_frames() {
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
    fn authenticate_frames() {
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
    fn event_frames() {
        assert_frame(
            ClientFrame::Event { event_type: "NetworkRecoveryReconnect", event: r#"{"timeSavedMs":17}"# },
            json!({"type": "Event", "eventType": "NetworkRecoveryReconnect", "event": {"timeSavedMs": 17}}),
        );
    }

    #[test]
    fn debug_output_holds_no_token() {
        let token = Token::new("secret");
        let frame = ClientFrame::Authenticate { base_version: 0, token: Some(&token) };
        assert!(!format!("{frame:?}").contains("secret"));
    }
}
