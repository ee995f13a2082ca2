//! What a run of a function is: who called it, what came out.

use std::time::Duration;

use convex_sync::Time;
use convex_sync_types::{ErrorPayload, Timestamp, types::SerializedArgs};
use serde_json::Value as Json;

use super::ConnectionId;
use crate::{
    functions::{FunctionError, FunctionKind},
    identity::Identity,
    store::Reads,
    value::{Object, Value},
};

/// Who calls a function, when, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) at: Time,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) identity: Option<Identity>,
}

/// One run of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// When.
    pub at: Time,
    /// For which connection; none for a call over HTTP.
    pub connection: Option<ConnectionId>,
    /// What kind of function it was.
    pub kind: FunctionKind,
    /// Its path, like `messages:list`.
    pub path: String,
    /// Its arguments.
    pub args: Object,
    /// As whom it ran; `None` is nobody.
    pub identity: Option<Identity>,
    /// What came out of it.
    pub outcome: Result<Value, FunctionError>,
    /// What it logged.
    pub log_lines: Vec<String>,
}

/// Why a call has no value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    NoSuchFunction(String),
    InvalidArguments { path: String, reason: String },
    Function(FunctionError),
}

#[derive(Debug)]
pub(crate) struct QueryRun {
    pub(crate) result: Result<Value, Failure>,
    pub(crate) log_lines: Vec<String>,
    pub(crate) journal: Option<String>,
    pub(crate) reads: Reads,
}

#[derive(Debug, Clone)]
pub(crate) struct MutationRun {
    pub(crate) result: Result<Committed, Failure>,
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
    pub(crate) result: Result<Value, Failure>,
    pub(crate) log_lines: Vec<String>,
    pub(crate) delay: Duration,
}

/// What a call outside of a connection is answered with.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The function's value, or its error as a client sees it.
    pub result: Result<Value, ErrorPayload<Value>>,
    /// What the function logged.
    pub log_lines: Vec<String>,
    /// How long the function takes; zero but for actions that delay themselves.
    pub after: Duration,
}

impl Failure {
    /// What a client is told, behind the id of the request that failed.
    pub(super) fn text(&self) -> String {
        match self {
            Self::NoSuchFunction(path) => format!(
                "Could not find public function for '{path}'. Did you forget to run `npx convex dev` or `npx convex deploy`?"
            ),
            Self::InvalidArguments { path, reason } => format!("Invalid arguments for {path}: {reason}"),
            Self::Function(FunctionError::Thrown(message)) => format!("Uncaught Error: {message}"),
            Self::Function(FunctionError::ConvexError { message, .. }) => {
                format!("Uncaught ConvexError: {message}")
            }
        }
    }

    pub(super) fn into_payload(self, request_id: &str) -> ErrorPayload<Value> {
        let message = format!("[Request ID: {request_id}] Server Error\n{}", self.text());
        match self {
            Self::Function(FunctionError::ConvexError { data, .. }) => {
                ErrorPayload::ErrorData { message, data }
            }
            _ => ErrorPayload::Message(message),
        }
    }
}

impl From<Failure> for FunctionError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Function(error) => error,
            other => Self::Thrown(other.text()),
        }
    }
}

/// The arguments object in the one-element array a client sends.
pub(super) fn parse_args(path: &str, args: &SerializedArgs) -> Result<Object, Failure> {
    let invalid = |reason: String| Failure::InvalidArguments { path: path.to_owned(), reason };
    let json: Json = serde_json::from_str(args.get()).map_err(|error| invalid(error.to_string()))?;
    let Json::Array(mut elements) = json else { return Err(invalid("Expected an array".to_owned())) };
    match (elements.pop(), elements.is_empty()) {
        (None, _) => Ok(Object::new()),
        (Some(element), true) => object(element).map_err(invalid),
        (Some(_), false) => Err(invalid("Expected one argument".to_owned())),
    }
}

pub(super) fn object(json: Json) -> Result<Object, String> {
    match Value::try_from(json).map_err(|error| error.to_string())? {
        Value::Object(fields) => Ok(fields),
        _ => Err("Expected an object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[rstest::rstest]
    #[case("[{\"n\":1}]", Ok(object! { "n" => 1.0 }))]
    #[case("[]", Ok(object! {}))]
    #[case("null", Err("Invalid arguments for a:b: Expected an array"))]
    #[case("[1]", Err("Invalid arguments for a:b: Expected an object"))]
    #[case("[{},{}]", Err("Invalid arguments for a:b: Expected one argument"))]
    fn arguments_are_one_object(#[case] json: &str, #[case] expected: Result<Object, &str>) {
        let args = SerializedArgs::from_slice(json.as_bytes()).unwrap();
        assert_eq!(
            parse_args("a:b", &args).map_err(|failure| failure.text()),
            expected.map_err(str::to_owned)
        );
    }

    #[test]
    fn null_is_data_too() {
        let payload = Failure::Function(FunctionError::convex(())).into_payload("0");
        assert_eq!(payload.get_data(), Some(&Value::Null));
        assert_eq!(payload.get_message(), "[Request ID: 0] Server Error\nUncaught ConvexError: null");
    }
}
