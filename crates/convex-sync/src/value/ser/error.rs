//! The reason why a value cannot be encoded.

use crate::value::{error::EncodeError, error_path::ErrorPath};
use serde::ser;
use std::fmt;

/// Why a value cannot be encoded, and the path to the part at fault.
#[derive(Debug)]
pub(super) struct EncodeProblem {
    message: String,
    path: ErrorPath,
}

impl EncodeProblem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), path: ErrorPath::default() }
    }

    pub(super) fn too_deep(limit: usize) -> Self {
        Self::new(format!("nested deeper than {limit} levels"))
    }

    pub(super) fn too_many(count: usize, parts: &str, limit: usize) -> Self {
        Self::new(format!("{count} {parts}, and the limit is {limit}"))
    }

    pub(super) fn inexact(integer: &dyn fmt::Display) -> Self {
        Self::new(format!(
            "the integer {integer} is beyond ±2^53 and would not be exact as a number: use `Int64` (and `v.int64()` in the function), or a float"
        ))
    }

    pub(super) fn up_from_key(mut self, key: &str) -> Self {
        self.path.up_from_key(key);
        self
    }

    pub(super) fn up_from_index(mut self, index: usize) -> Self {
        self.path.up_from_index(index);
        self
    }

    /// The public error. `root` names the value as a whole.
    pub(super) fn at(self, root: &str) -> EncodeError {
        let Self { message, path } = self;
        EncodeError::new(format!("at {root}{path}: {message}"))
    }
}

impl fmt::Display for EncodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EncodeProblem {}

impl ser::Error for EncodeProblem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
