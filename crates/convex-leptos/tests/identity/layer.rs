//! How the layer identifies requests.

use crate::{in_seconds, jwt, request};
use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, Response, request::Parts},
};
use convex_leptos::{ConvexRequestLayer, Identified, IdentifyRequest, RequestIdentity, TokenError};
use serde_json::json;
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tower::{Layer, Service, ServiceExt, service_fn};

/// Gives every request one identity, and counts them.
#[derive(Clone)]
pub struct FixedIdentity {
    pub identified: Identified,
    pub calls: Arc<AtomicUsize>,
}

impl FixedIdentity {
    pub fn new(identified: impl Into<Identified>) -> Self {
        Self { identified: identified.into(), calls: Arc::default() }
    }
}

impl IdentifyRequest for FixedIdentity {
    async fn identify(&self, _request: &Parts) -> Result<Identified, TokenError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        // As if a network were between.
        tokio::task::yield_now().await;
        Ok(self.identified.clone())
    }
}

pub fn ada() -> RequestIdentity {
    RequestIdentity::user("s1:u1", jwt(&json!({"sub": "u1"})))
}

/// Sends a request through the layer to a service with this response. Returns the headers of the
/// response and the identity that the service was given.
pub async fn send<A: IdentifyRequest>(
    layer: &ConvexRequestLayer<A>,
    request: Request<Body>,
    response: impl Fn() -> Response<Body> + Clone + Send + 'static,
) -> (HeaderMap, Option<RequestIdentity>) {
    let service = layer.layer(service_fn(move |request: Request<Body>| {
        let mut response = response();
        if let Some(identity) = request.extensions().get::<RequestIdentity>() {
            response.extensions_mut().insert(identity.clone());
        }
        async { Ok::<_, Infallible>(response) }
    }));
    let Ok(response) = service.oneshot(request).await;
    (response.headers().clone(), response.extensions().get().cloned())
}

async fn identity_of<A: IdentifyRequest>(
    layer: &ConvexRequestLayer<A>,
    request: Request<Body>,
) -> RequestIdentity {
    send(layer, request, Response::default).await.1.expect("the layer adds an identity")
}

#[tokio::test]
async fn each_request_is_identified_once() {
    for identity in [RequestIdentity::Unknown, RequestIdentity::Anonymous, ada()] {
        let auth = FixedIdentity::new(identity.clone());
        let layer = ConvexRequestLayer::new(auth.clone());
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let calls = auth.calls.swap(0, Ordering::Relaxed);
            assert!(calls <= 1);
            let request = Request::builder().method(method).body(Body::empty()).expect("a request");
            assert_eq!(identity_of(&layer, request).await, identity);
            assert_eq!(auth.calls.load(Ordering::Relaxed), 1);
        }
    }
}

#[tokio::test]
async fn an_identity_of_the_apps_own_middleware_is_kept() {
    let auth = FixedIdentity::new(RequestIdentity::Anonymous);
    let layer = ConvexRequestLayer::new(auth.clone());
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(ada());
    let (headers, identity) = send(&layer, request, Response::default).await;
    assert_eq!(identity, Some(ada()));
    assert_eq!(auth.calls.load(Ordering::Relaxed), 0);
    assert_eq!(headers["cache-control"], "private, no-store", "the headers are those of its identity");
}

#[tokio::test]
async fn two_layers_identify_a_request_once() {
    let auth = FixedIdentity::new(ada());
    let layer = ConvexRequestLayer::new(auth.clone());
    let service = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let Ok(response) = layer.layer(layer.layer(service)).oneshot(Request::new(Body::empty())).await;
    assert_eq!(auth.calls.load(Ordering::Relaxed), 1);
    assert_eq!(response.headers().get_all("vary").iter().count(), 1);
}

#[tokio::test]
async fn an_expired_token_gives_an_unknown_identity() {
    for (expires_in, is_expired) in [(-1, true), (60, false)] {
        let identity = RequestIdentity::user("s1", jwt(&json!({"exp": in_seconds(expires_in)})));
        let expected = if is_expired { RequestIdentity::Unknown } else { identity.clone() };
        let layer = ConvexRequestLayer::new(FixedIdentity::new(identity.clone()));
        assert_eq!(identity_of(&layer, Request::new(Body::empty())).await, expected);
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(identity);
        assert_eq!(identity_of(&layer, request).await, expected, "from the app's own middleware");
    }
}

#[tokio::test]
async fn a_token_that_is_no_jwt_does_not_expire() {
    let identity = RequestIdentity::user("s1", "opaque");
    let layer = ConvexRequestLayer::new(FixedIdentity::new(identity.clone()));
    assert_eq!(layer.identify(&request([])).await.identity, identity);
}

#[tokio::test]
async fn an_error_of_the_service_is_passed_on() {
    let layer = ConvexRequestLayer::new(FixedIdentity::new(ada()));
    let service = service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>("failed") });
    let outcome = layer.layer(service).oneshot(Request::new(Body::empty())).await;
    assert_eq!(outcome.expect_err("the service failed"), "failed");
}

/// A service that must be polled until it is ready before each call.
#[derive(Default)]
struct Reserved {
    is_ready: bool,
}

impl Clone for Reserved {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<Body>> for Reserved {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        self.is_ready = true;
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without `poll_ready`");
        std::future::ready(Ok(Response::default()))
    }
}

#[tokio::test]
async fn the_service_that_is_called_is_the_one_that_is_ready() {
    let mut service = ConvexRequestLayer::new(FixedIdentity::new(ada())).layer(Reserved::default());
    for _ in 0..2 {
        let ready = ServiceExt::<Request<Body>>::ready(&mut service).await;
        let Ok(service) = ready;
        let Ok(response) = service.call(Request::new(Body::empty())).await;
        assert_eq!(response.status(), 200);
    }
}
