//! Where tokens come from.

use crate::sync::{Token, TokenError};
use futures_util::future::LocalBoxFuture;

/// One request for a token.
///
/// ```
/// use convex_web::TokenRequest;
///
/// struct Cache(Option<String>);
///
/// impl Cache {
///     /// Where `force` is set, the one in the cache is the one that is of no use any more.
///     fn token(&self, request: TokenRequest) -> Option<&str> {
///         self.0.as_deref().filter(|_| !request.force)
///     }
/// }
/// assert_eq!(Cache(Some("e30.e30.c2ln".to_owned())).token(TokenRequest { force: true }), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest {
    /// The token in use was rejected or is about to run out: one from a cache will not do.
    pub force: bool,
}

/// Fetches a token from the identity provider: `Ok(None)` says that nobody is signed in, `Err` that
/// it could not be found out and will be asked again.
///
/// The future is dropped as soon as its answer is no longer wanted, and must not wait for a request
/// of the same client that needs a signed-in person.
///
/// ```
/// use convex_web::{ConvexClient, TokenFetcher, TokenRequest, sync::{Session, Token, TokenError}};
///
/// # async fn ask_identity_service(fresh: bool) -> Result<Option<String>, std::io::Error> { Ok(None) }
/// fn sign_in(client: &ConvexClient, login_id: &str) {
///     let fetcher: TokenFetcher = Box::new(|TokenRequest { force }| {
///         Box::pin(async move {
///             let answer = ask_identity_service(force).await;
///             Ok(answer.map_err(|error| TokenError::new(error.to_string()))?.map(Token::new))
///         })
///     });
///     client.set_token_fetcher(Some(fetcher));
///     // The id of the login, not of the user: it is another one after each sign-in.
///     client.set_session(Some(Session::signed_in(login_id)));
/// }
/// ```
pub type TokenFetcher =
    Box<dyn Fn(TokenRequest) -> LocalBoxFuture<'static, Result<Option<Token>, TokenError>>>;
