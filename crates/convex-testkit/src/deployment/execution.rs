//! Executions of functions: the caller and the outcome.

use std::time::Duration;

use convex_sync::Time;
use convex_sync_types::{ErrorPayload, Timestamp, types::SerializedArgs};
use serde_json::Value as Json;

use super::ConnectionId;
use crate::{
    functions::{FunctionError, FunctionKind, checked_arguments},
    identity::Identity,
    store::Reads,
    value::{Object, Value},
};

/// The caller of a function, and the time and connection of the call.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) at: Time,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) identity: Option<Identity>,
}

/// One execution of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The time.
    pub at: Time,
    /// The connection; `None` for a call over HTTP.
    pub connection: Option<ConnectionId>,
    /// The kind of function.
    pub kind: FunctionKind,
    /// Its path, like `messages:list`.
    pub path: String,
    /// Its arguments.
    pub args: Object,
    /// The identity that it ran as; `None` if anonymous.
    pub identity: Option<Identity>,
    /// Its value or error.
    pub outcome: Result<Value, FunctionError>,
    /// Its log lines.
    pub log_lines: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct QueryRun {
    pub(crate) result: Result<Value, FunctionError>,
    pub(crate) log_lines: Vec<String>,
    pub(crate) journal: Option<String>,
    pub(crate) reads: Reads,
}

#[derive(Debug, Clone)]
pub(crate) struct MutationRun {
    pub(crate) result: Result<Committed, FunctionError>,
    pub(crate) log_lines: Vec<String>,
}

/// A mutation that succeeded.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) value: Value,
    pub(crate) ts: Timestamp,
}

#[derive(Debug)]
pub(crate) struct ActionRun {
    pub(crate) result: Result<Value, FunctionError>,
    pub(crate) log_lines: Vec<String>,
    pub(crate) delay: Duration,
}

/// The response to a call outside of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct CallResponse {
    /// The function's value, or its error as a client sees it.
    pub result: Result<Value, ErrorPayload<Value>>,
    /// The function's log lines.
    pub log_lines: Vec<String>,
    /// How long the function takes; zero except for actions that delay themselves.
    pub after: Duration,
}

/// Extracts the arguments object from the one-element array that clients send.
pub(super) fn parse_args(path: &str, args: &SerializedArgs) -> Result<Object, FunctionError> {
    let invalid = |reason: &str| FunctionError::invalid_arguments(path, reason);
    let json = serde_json::from_str(args.get()).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(json, Json::Array(_)) {
        return Err(FunctionError::no_arguments());
    }
    let decoded = Value::try_from(json).map_err(|error| invalid(&error.to_string()))?;
    let Value::Array(mut elements) = checked_arguments(path, decoded)? else {
        return Err(FunctionError::no_arguments());
    };
    match (elements.pop(), elements.is_empty()) {
        (None, _) => Ok(Object::new()),
        (Some(Value::Object(fields)), true) => Ok(fields),
        (Some(_), true) => Err(invalid("Expected an object")),
        (Some(_), false) => Err(invalid("Expected one argument")),
    }
}

/// Whether the arguments have the right shape: an array.
pub(super) fn is_array(args: &SerializedArgs) -> bool {
    args.get().trim_start().starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[rstest::rstest]
    #[case("[{\"n\":1}]", Ok(object! { "n" => 1.0 }))]
    #[case("[]", Ok(object! {}))]
    #[case("null", Err("Invalid arguments provided"))]
    #[case("{}", Err("Invalid arguments provided"))]
    #[case("[1]", Err("Invalid arguments for a.js:b: Expected an object"))]
    #[case("[{},{}]", Err("Invalid arguments for a.js:b: Expected one argument"))]
    fn arguments_are_one_object(#[case] json: &str, #[case] expected: Result<Object, &str>) {
        let args = SerializedArgs::from_slice(json.as_bytes()).unwrap();
        let parsed = parse_args("a:b", &args).map_err(|error| error.text());
        assert_eq!(parsed, expected.map_err(str::to_owned));
    }
}
