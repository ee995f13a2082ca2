//! Where tokens come from.

use crate::sync::{Token, TokenError};
use futures_util::future::LocalBoxFuture;

/// One request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest {
    /// The token in use was rejected or is about to run out: one from a cache will not do.
    pub force: bool,
}

/// Fetches a token from the identity provider: `Ok(None)` says that nobody is signed in, `Err` that it could not be found out and will be asked again.
///
/// The future is dropped as soon as its answer is no longer wanted, and must not wait for a request of the same client that needs a signed-in person.
pub type TokenFetcher =
    Box<dyn Fn(TokenRequest) -> LocalBoxFuture<'static, Result<Option<Token>, TokenError>>>;
