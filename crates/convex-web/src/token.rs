//! Token fetchers.

use crate::sync::{Token, TokenError};
use futures_util::future::LocalBoxFuture;

/// The arguments of one token fetch.
///
/// ```
/// use convex_web::TokenRequest;
///
/// struct Cache(Option<String>);
///
/// impl Cache {
///     /// If `force` is set, the cached token was rejected or is about to expire.
///     fn token(&self, request: TokenRequest) -> Option<&str> {
///         self.0.as_deref().filter(|_| !request.force)
///     }
/// }
/// assert_eq!(Cache(Some("e30.e30.c2ln".to_owned())).token(TokenRequest { force: true }), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest {
    /// Whether a cached token must not be returned: the token in use was rejected or is about to
    /// expire.
    pub force: bool,
}

/// Fetches a token from the identity provider.
///
/// | result | meaning |
/// | --- | --- |
/// | `Ok(Some(token))` | the user's token |
/// | `Ok(None)` | the user is signed out |
/// | `Err(reason)` | the outcome is unknown; the client retries with backoff |
///
/// The future is dropped when its result is no longer needed. It must not await a request of the
/// same client that is held back until auth settles: that would be a deadlock.
///
/// ```
/// use convex_web::{ConvexClient, TokenFetcher, TokenRequest, sync::{Session, Token, TokenError}};
///
/// # async fn request_token(fresh: bool) -> Result<Option<String>, std::io::Error> { Ok(None) }
/// fn sign_in(client: &ConvexClient, login_id: &str) {
///     let fetcher: TokenFetcher = Box::new(|TokenRequest { force }| {
///         Box::pin(async move {
///             let token = request_token(force).await;
///             Ok(token.map_err(|error| TokenError::new(error.to_string()))?.map(Token::new))
///         })
///     });
///     client.set_token_fetcher(Some(fetcher));
///     // The id of the login, not of the user: it must change with every sign-in.
///     client.set_session(Some(Session::signed_in(login_id)));
/// }
/// ```
pub type TokenFetcher =
    Box<dyn Fn(TokenRequest) -> LocalBoxFuture<'static, Result<Option<Token>, TokenError>>>;
