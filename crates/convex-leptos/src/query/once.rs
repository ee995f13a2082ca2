//! Queries that run once.

use crate::{ConvexError, client::Shared};
use convex_web::sync::{Arguments, FunctionPath, RequestOptions};
#[cfg(not(feature = "ssr"))]
use leptos::prelude::untrack;
use serde::de::DeserializeOwned;
use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// Resolves to the result of a query that [runs once](crate::ConvexClient::query). The request is
/// sent whether or not this is polled; dropping it cancels the request.
///
/// ```
/// use convex_leptos::{ConvexError, QueryOnce};
///
/// async fn or_zero(count: QueryOnce<f64>) -> f64 {
///     count.await.unwrap_or(0.0)
/// }
/// ```
#[must_use = "dropping it cancels the query"]
pub struct QueryOnce<T> {
    request: Result<OnceRequest, ConvexError>,
    value: PhantomData<fn() -> T>,
}

/// The request: over the client's socket, or over HTTP on a server that renders a page.
#[cfg(not(feature = "ssr"))]
pub(crate) type OnceRequest = convex_web::RequestFuture;
#[cfg(feature = "ssr")]
pub(crate) type OnceRequest = crate::page::HttpQuery;

/// Starts a query that runs once.
pub(crate) fn start_query(
    client: &Shared,
    function: FunctionPath,
    args: Arguments,
    options: RequestOptions,
) -> OnceRequest {
    #[cfg(feature = "ssr")]
    return client.page().query_once(function, args, options);
    #[cfg(not(feature = "ssr"))]
    untrack(|| client.web().query(function, args, options))
}

impl<T> QueryOnce<T> {
    pub(crate) fn new(request: Result<OnceRequest, ConvexError>) -> Self {
        Self { request, value: PhantomData }
    }
}

impl<T: DeserializeOwned> Future for QueryOnce<T> {
    type Output = Result<T, ConvexError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match &mut self.request {
            Ok(request) => ready!(Pin::new(request).poll(cx))
                .and_then(|value| value.decode().map_err(ConvexError::Result)),
            Err(error) => Err(error.clone()),
        })
    }
}

/// A future that runs on a server is cancelled by being dropped.
#[cfg(not(feature = "ssr"))]
impl<T> Drop for QueryOnce<T> {
    fn drop(&mut self) {
        if let Ok(request) = &self.request {
            request.cancel();
        }
    }
}

impl<T> fmt::Debug for QueryOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryOnce").finish_non_exhaustive()
    }
}
