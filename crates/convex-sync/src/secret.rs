//! A token that cannot be printed by accident.

use std::{fmt, sync::Arc};

/// A bearer token. It shows as `Token(…)` wherever it is printed, so that no log, error or debug output can carry it
/// (auth contract, rule 13).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(Arc<str>);

impl Token {
    /// Wraps a token as the identity provider gave it.
    pub fn new(token: impl Into<Arc<str>>) -> Self {
        Self(token.into())
    }

    /// The token itself, for the one place that may have it: the frame or header it is sent in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
