//! The tower layer that identifies requests.

use super::{Identified, IdentifyRequest, RequestIdentity, log, response_headers, send::into_send};
use convex_web::with_timeout;
use futures_util::FutureExt;
use http::{Request, Response, request::Parts};
use std::{
    fmt,
    future::Future,
    mem,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower_layer::Layer;
use tower_service::Service;

/// A [tower](https://docs.rs/tower) layer that determines the [`RequestIdentity`] of each request,
/// and adds it to the request's extensions. Components below a
/// [`<ConvexProvider>`](crate::ConvexProvider) render as that identity, and
/// [`request_client`](crate::request_client) calls functions as it.
///
/// Apply it to the routes that Leptos renders, which include server functions, but not to those of
/// static files: each request with a session is identified.
///
/// ```
/// use axum::Router;
/// use convex_leptos::{BetterAuthRequests, ConvexRequestLayer};
///
/// let auth = BetterAuthRequests::new("https://happy-animal-123.convex.site");
/// let router: Router = Router::new()
///     // .leptos_routes(&options, routes, shell)
///     .layer(ConvexRequestLayer::new(auth));
///     // .fallback(file_and_error_handler(shell))
/// # drop(router);
/// ```
///
/// # Failures
///
/// If the identity cannot be determined within 3 seconds, or the token has expired, it is
/// [`Unknown`](RequestIdentity::Unknown): the page renders in the state
/// [`Loading`](crate::AuthState::Loading), and the browser decides. Failures are logged: as
/// `tracing` events with the feature `tracing`, to standard error without it.
///
/// # Response headers
///
/// - `Vary: Cookie`, always.
/// - `Cache-Control: private, no-store`, unless the identity is
///   [`Anonymous`](RequestIdentity::Anonymous). Headers that shared caches prefer to it are
///   removed, such as `CDN-Cache-Control`, `Surrogate-Control` and `Expires`.
/// - The cookies of the auth service. A response with cookies is `private, no-store` too.
///
/// Pages for anonymous users may be stored by shared caches, if the app allows it. Not all caches
/// obey `Vary`; a signed-in user who receives such a page sees it as an anonymous user first.
///
/// # Requests that have an identity
///
/// If the request already has a `RequestIdentity`, from middleware that runs before this layer, it
/// is used, and only the headers are added. An identity that is inserted after this layer would not
/// be reflected by the headers, and a shared cache could store the page of a user.
pub struct ConvexRequestLayer<A> {
    auth: Arc<A>,
    timeout: Duration,
}

impl<A: IdentifyRequest> ConvexRequestLayer<A> {
    /// Identifies requests by `auth`, such as [`BetterAuthRequests`](crate::BetterAuthRequests) or
    /// [`cookie_jwt`](crate::cookie_jwt).
    pub fn new(auth: A) -> Self {
        Self { auth: Arc::new(auth), timeout: Duration::from_secs(3) }
    }

    /// Waits for an identity for at most `timeout` instead of 3 seconds. The page is rendered after
    /// that.
    ///
    /// ```
    /// # use convex_leptos::{BetterAuthRequests, ConvexRequestLayer};
    /// # use std::time::Duration;
    /// # let auth = BetterAuthRequests::new("https://happy-animal-123.convex.site");
    /// let layer = ConvexRequestLayer::new(auth).with_timeout(Duration::from_secs(1));
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Determines the identity of a request, for web servers without tower. A request that has a
    /// [`RequestIdentity`] in its extensions keeps it.
    #[doc = include_str!("actix.md")]
    pub async fn identify(&self, request: &Parts) -> Identified {
        let identified = match request.extensions.get::<RequestIdentity>() {
            Some(identity) => Identified::from(identity.clone()),
            None => self.find_identity(request).await,
        };
        Identified { identity: identified.identity.unless_expired(), ..identified }
    }

    async fn find_identity(&self, request: &Parts) -> Identified {
        // The code of the app may panic, which must not cost the page.
        let found = AssertUnwindSafe(async { self.auth.identify(request).await }).catch_unwind();
        let problem = match into_send(with_timeout(self.timeout, found)).await {
            Some(Ok(Ok(identified))) => return identified,
            Some(Ok(Err(error))) => error.reason.to_string(),
            Some(Err(_)) => "the code that identifies requests panicked".to_owned(),
            None => format!("the identity was not found within {:?}", self.timeout),
        };
        log::warn(&format!("a page is rendered without an identity: {problem}"));
        RequestIdentity::Unknown.into()
    }
}

impl<A> Clone for ConvexRequestLayer<A> {
    fn clone(&self) -> Self {
        Self { auth: Arc::clone(&self.auth), timeout: self.timeout }
    }
}

impl<A> fmt::Debug for ConvexRequestLayer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConvexRequestLayer").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl<S, A> Layer<S> for ConvexRequestLayer<A> {
    type Service = ConvexRequestService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        ConvexRequestService { inner, layer: self.clone() }
    }
}

/// The service that [`ConvexRequestLayer`] adds around another one.
#[derive(Debug)]
pub struct ConvexRequestService<S, A> {
    inner: S,
    layer: ConvexRequestLayer<A>,
}

impl<S: Clone, A> Clone for ConvexRequestService<S, A> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S, A, RequestBody, ResponseBody> Service<Request<RequestBody>> for ConvexRequestService<S, A>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    A: IdentifyRequest,
    RequestBody: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        // The service that is ready is the current one, not its clone.
        let clone = self.inner.clone();
        let (mut inner, layer) = (mem::replace(&mut self.inner, clone), self.layer.clone());
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let identified = layer.identify(&parts).await;
            parts.extensions.insert(identified.identity.clone());
            let mut response = inner.call(Request::from_parts(parts, body)).await?;
            response_headers::write(response.headers_mut(), &identified);
            Ok(response)
        })
    }
}
