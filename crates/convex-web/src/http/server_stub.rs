//! `fetch` outside of a browser.

use super::{Answer, HttpError};
use crate::sync::Token;
use std::time::Duration;

/// Nothing is called from a server.
pub(super) async fn post(
    _url: &str,
    _token: Option<&Token>,
    _body: String,
    _timeout: Option<Duration>,
) -> Result<Answer, HttpError> {
    Err(HttpError::NotInBrowser)
}
