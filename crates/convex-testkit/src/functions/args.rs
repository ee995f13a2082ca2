//! The arguments of a call, validated on access.

use std::ops::Deref;

use super::FunctionError;
use crate::value::{Object, Value};

/// The arguments of a call. Reading an absent one, or one of another type, fails the call like an
/// argument validator.
#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    fields: Object,
}

impl Args {
    pub(crate) fn new(fields: Object) -> Self {
        Self { fields }
    }

    pub(crate) fn into_fields(self) -> Object {
        self.fields
    }

    /// The argument called `name`.
    ///
    /// # Errors
    ///
    /// It is absent.
    pub fn required(&self, name: &str) -> Result<&Value, FunctionError> {
        self.fields.get(name).ok_or_else(|| {
            self.invalid(format!(
                "Object is missing the required field `{name}`. Consider wrapping the field validator in \
                 `v.optional(...)` if this is expected."
            ))
        })
    }

    /// The string (or id) called `name`.
    ///
    /// # Errors
    ///
    /// It is absent or not a string.
    pub fn string(&self, name: &str) -> Result<&str, FunctionError> {
        self.required(name)?.as_str().ok_or_else(|| self.mistyped(name, "v.string()"))
    }

    /// The number called `name`.
    ///
    /// # Errors
    ///
    /// It is absent or not a Float64.
    pub fn number(&self, name: &str) -> Result<f64, FunctionError> {
        self.required(name)?.as_f64().ok_or_else(|| self.mistyped(name, "v.number()"))
    }

    /// The boolean called `name`.
    ///
    /// # Errors
    ///
    /// It is absent or not a boolean.
    pub fn boolean(&self, name: &str) -> Result<bool, FunctionError> {
        self.required(name)?.as_bool().ok_or_else(|| self.mistyped(name, "v.boolean()"))
    }

    /// The error for arguments that the function's validator rejects.
    pub fn invalid(&self, reason: impl AsRef<str>) -> FunctionError {
        FunctionError::argument_validation(reason.as_ref())
    }

    pub(super) fn mistyped(&self, name: &str, validator: &str) -> FunctionError {
        let value = self.fields.get(name).cloned().map(serde_json::Value::from).unwrap_or_default();
        self.invalid(format!(
            "Value does not match validator.\nPath: .{name}\nValue: {value}\nValidator: {validator}"
        ))
    }
}

impl Deref for Args {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.fields
    }
}
