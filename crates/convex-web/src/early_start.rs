//! Takes over what the page's early start has begun: `convex-leptos/js/early_start.js`.

use web_sys::Response;

/// The response to a GET request that the page's early start has sent; `None` without the script,
/// for another URL, if the request failed, and on a server.
///
/// For the first requests of an app, for its session and its token. The response is as old as the
/// page load, so it is handed over only once, at most 10 seconds after the page load began, and
/// only if the page has not been hidden or offline since. All responses are dropped when one is not
/// found, since they would be older than the caller's own; when a provider reports that no user is
/// signed in; and when a fresh token is needed.
///
/// ```
/// use convex_web::early_response;
/// use gloo_net::http::{Request, Response};
///
/// async fn fetch_session() -> Result<Response, gloo_net::Error> {
///     match early_response("/api/session").await {
///         Some(response) => Ok(response.into()),
///         None => Request::get("/api/session").send().await,
///     }
/// }
/// ```
pub async fn early_response(url: &str) -> Option<Response> {
    #[cfg(all(target_family = "wasm", not(feature = "server")))]
    return page::response(url).await;
    #[cfg(any(not(target_family = "wasm"), feature = "server"))]
    {
        let _ = url;
        None
    }
}

#[cfg(all(target_family = "wasm", not(feature = "server")))]
pub(crate) use page::{drop_early_responses, early_socket};

#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod page {
    use js_sys::Promise;
    use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Response, WebSocket};

    // Each of these throws on a page without the script.
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(catch, js_name = convexEarly)]
        fn take_socket(url: &str) -> Result<Option<WebSocket>, JsValue>;

        #[wasm_bindgen(catch, js_name = convexEarly)]
        fn take_response(url: &str) -> Result<Option<Promise>, JsValue>;

        #[wasm_bindgen(catch, js_name = convexEarly)]
        fn drop_responses() -> Result<(), JsValue>;
    }

    /// The socket to `url` that the page has dialled, if it has not failed. Its events follow in a
    /// microtask, or when they occur.
    pub(crate) fn early_socket(url: &str) -> Option<WebSocket> {
        take_socket(url).ok()?
    }

    /// Drops the responses that were not taken: they may belong to an earlier session.
    pub(crate) fn drop_early_responses() {
        // It throws only on a page without the script.
        let _ = drop_responses();
    }

    pub(super) async fn response(url: &str) -> Option<Response> {
        let response = received_response(url).await;
        if response.is_none() {
            drop_early_responses();
        }
        response
    }

    async fn received_response(url: &str) -> Option<Response> {
        JsFuture::from(take_response(url).ok()??).await.ok()?.dyn_into().ok()
    }
}
