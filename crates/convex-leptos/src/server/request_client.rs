//! Clients that call functions as the user of a request.

use super::{RequestIdentity, request_identity};
use convex_web::ConvexHttpClient;
use std::sync::Arc;

/// A client of the deployment at `url` that calls functions as the user of the request that is
/// being answered. For server functions:
///
/// ```
/// use convex_leptos::request_client;
/// use leptos::prelude::*;
///
/// # const URL: &str = "https://happy-animal-123.convex.cloud";
/// #[server]
/// async fn archive_messages() -> Result<u32, ServerFnError> {
///     let archived = request_client(URL).mutation("messages:archive", ()).await;
///     archived.map_err(ServerFnError::new)
/// }
/// ```
///
/// The calls have no timeout unless one is set by
/// [`with_timeout`](ConvexHttpClient::with_timeout). The client keeps the token of this request, so
/// it must not serve others.
///
/// # Without a user
///
/// If no user is signed in, the calls are anonymous. They are also anonymous if the identity is
/// [`Unknown`](RequestIdentity::Unknown), for example during an outage of the auth service: a
/// function that requires a user then fails, as it does for any anonymous caller. Where an
/// anonymous result would be wrong, check [`request_identity`] first.
///
/// It finds the identity in Leptos's contexts. In an axum handler without them, use
/// [`RequestIdentity::http_client`].
pub fn request_client(url: impl Into<Arc<str>>) -> ConvexHttpClient {
    request_identity().http_client(url)
}

impl RequestIdentity {
    /// A client of the deployment at `url` that calls functions as this user, and anonymously
    /// without one. [`request_client`] describes it. For handlers:
    ///
    /// ```
    /// use axum::Extension;
    /// use convex_leptos::{HttpError, RequestIdentity};
    ///
    /// # const URL: &str = "https://happy-animal-123.convex.cloud";
    /// async fn export(Extension(identity): Extension<RequestIdentity>) -> String {
    ///     let client = identity.http_client(URL);
    ///     let messages: Result<String, HttpError> = client.query("messages:export", ()).await;
    ///     messages.unwrap_or_else(|error| error.to_string())
    /// }
    /// ```
    pub fn http_client(&self, url: impl Into<Arc<str>>) -> ConvexHttpClient {
        let client = ConvexHttpClient::new(url);
        match self {
            Self::User { token, .. } => client.with_auth(token.expose()),
            Self::Anonymous | Self::Unknown => client,
        }
    }
}
