//! Without the feature `server`, there is no HTTP client outside a browser.

use super::{HttpError, RawResponse};
use crate::sync::Token;

/// Always fails.
pub(super) async fn exchange(
    _url: &str,
    _token: Option<&Token>,
    _body: String,
) -> Result<RawResponse, HttpError> {
    Err(HttpError::NotInBrowser)
}
