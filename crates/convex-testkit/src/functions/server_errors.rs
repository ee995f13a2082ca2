//! Errors that the server raises before or after a function's own code, with the backend's texts
//! (`docs/protocol.md`, §5, §12.2, §16).

use super::{FunctionError, FunctionKind};
use crate::value::{
    Value,
    limits::{self, MAX_CALL_BYTES, bytes},
};

impl FunctionError {
    /// No public function exists at `path`.
    pub(crate) fn no_such_function(path: &str) -> Self {
        Self::Server(format!("Could not find public function for '{path}'."))
    }

    /// The function at `path` is of another kind.
    pub(crate) fn wrong_kind(path: &str, called: FunctionKind, defined: FunctionKind) -> Self {
        let path = with_extension(path);
        Self::Server(format!("Trying to execute {path} as {called:?}, but it is defined as {defined:?}."))
    }

    /// The arguments are not an array.
    pub(crate) fn no_arguments() -> Self {
        Self::Server("Invalid arguments provided".to_owned())
    }

    /// The arguments of the function at `path` cannot be decoded.
    pub(crate) fn invalid_arguments(path: &str, reason: &str) -> Self {
        Self::Server(format!("Invalid arguments for {}: {reason}", with_extension(path)))
    }

    /// The arguments do not match the function's validator.
    pub(crate) fn argument_validation(reason: &str) -> Self {
        Self::Server(format!("ArgumentValidationError: {reason}"))
    }

    /// A cursor or journal of another deployment, or a malformed one.
    pub fn unreadable_cursor() -> Self {
        Self::Server("Failed to parse cursor".to_owned())
    }
}

/// Returns `arguments`, an array, if they are within the limits of a call.
pub(crate) fn checked_arguments(path: &str, arguments: Value) -> Result<Value, FunctionError> {
    limits::check(&arguments).map_err(|reason| FunctionError::invalid_arguments(path, &reason))?;
    match arguments.size() {
        size if size > MAX_CALL_BYTES => {
            let (path, limit) = (with_extension(path), bytes(MAX_CALL_BYTES));
            let text =
                format!("Arguments for {path} are too large (actual: {}, limit: {limit})", bytes(size));
            Err(FunctionError::Server(text))
        }
        _ => Ok(arguments),
    }
}

/// Returns `value`, if a function may return it.
pub(crate) fn checked_result(path: &str, value: Value) -> Result<Value, FunctionError> {
    let path = with_extension(path);
    limits::check(&value)
        .map_err(|reason| FunctionError::Server(format!("Function {path} return value invalid: {reason}")))?;
    match value.size() {
        size if size > MAX_CALL_BYTES => {
            let (actual, limit) = (bytes(size), bytes(MAX_CALL_BYTES));
            let text =
                format!("Function {path} return value is too large (actual: {actual}, limit: {limit})");
            Err(FunctionError::Server(text))
        }
        _ => Ok(value),
    }
}

/// `messages.js:list` for `messages:list`: the form in some of the backend's texts.
fn with_extension(path: &str) -> String {
    let (module, function) = path.rsplit_once(':').unwrap_or((path, "default"));
    format!("{module}.js:{function}")
}
