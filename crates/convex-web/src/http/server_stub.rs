//! The stub of `fetch` on a server.

use super::{HttpError, RawResponse};
use crate::sync::Token;
use std::time::Duration;

/// Always fails: calls are made by browsers only.
pub(super) async fn post(
    _url: &str,
    _token: Option<&Token>,
    _body: String,
    _timeout: Option<Duration>,
) -> Result<RawResponse, HttpError> {
    Err(HttpError::NotInBrowser)
}
