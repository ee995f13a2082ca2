//! Failures while a request is identified: the page is rendered without an identity.

use crate::{
    auth_service::{AuthService, Reply, WithCookie, session},
    layer::send,
    request,
};
use axum::{
    body::Body,
    http::{Request, Response, request::Parts},
};
use convex_leptos::{
    BetterAuthRequests, ConvexRequestLayer, Identified, IdentifyRequest, RequestIdentity, TokenError,
};
use std::time::Duration;
use tokio::time::Instant;

/// Identifies no request.
enum Failing {
    Error,
    Panic,
    Hang,
}

impl IdentifyRequest for Failing {
    async fn identify(&self, _request: &Parts) -> Result<Identified, TokenError> {
        match self {
            Self::Error => Err(TokenError::new("the auth service responded with the status 503")),
            Self::Panic => panic!("a fault in the app"),
            Self::Hang => std::future::pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_gives_an_unknown_identity() {
    for auth in [Failing::Error, Failing::Panic, Failing::Hang] {
        let layer = ConvexRequestLayer::new(auth);
        let (headers, identity) = send(&layer, Request::new(Body::empty()), Response::default).await;
        assert_eq!(identity, Some(RequestIdentity::Unknown));
        assert_eq!(headers["cache-control"], "private, no-store");
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_is_awaited_for_the_timeout() {
    for (layer, expected) in [
        (ConvexRequestLayer::new(Failing::Hang), Duration::from_secs(3)),
        (ConvexRequestLayer::new(Failing::Hang).with_timeout(Duration::from_secs(1)), Duration::from_secs(1)),
    ] {
        let start = Instant::now();
        assert_eq!(layer.identify(&request([])).await, Identified::from(RequestIdentity::Unknown));
        // Tokio's timer has a resolution of a millisecond.
        assert!((start.elapsed() - expected).as_millis() <= 1, "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn a_hanging_auth_service_does_not_stop_the_page() {
    for hanging in ["get-session", "convex/token"] {
        let service = AuthService::start(move |path| {
            if path == hanging { Reply::Hang } else { session().with_cookie("better-auth.x=1").into() }
        })
        .await;
        let auth = BetterAuthRequests::new(&*service.url);
        let layer = ConvexRequestLayer::new(auth).with_timeout(Duration::from_millis(200));
        let request = request(["better-auth.session_token=SESSION-SECRET"]);
        let identified = layer.identify(&request).await;
        assert_eq!(identified, Identified::from(RequestIdentity::Unknown));
    }
}
