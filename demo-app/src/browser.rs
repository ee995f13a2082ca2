//! Bindings to browser APIs that only the demo uses.
//!
//! Declared by hand instead of with web-sys: more web-sys features than the examples use would give
//! the demo a separate build of Leptos.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page load began.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub fn performance_now() -> f64;

    /// Evaluates a media query such as `(min-width: 60rem)`.
    #[wasm_bindgen(js_name = matchMedia)]
    pub fn match_media(condition: &str) -> MediaQueryList;

    pub type MediaQueryList;

    #[wasm_bindgen(method, getter)]
    pub fn matches(this: &MediaQueryList) -> bool;

    #[wasm_bindgen(js_name = XMLHttpRequest)]
    pub type XmlHttpRequest;

    #[wasm_bindgen(constructor, js_class = "XMLHttpRequest")]
    pub fn new() -> XmlHttpRequest;

    #[wasm_bindgen(method, catch)]
    pub fn open(this: &XmlHttpRequest, method: &str, url: &str, is_async: bool) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = setRequestHeader)]
    pub fn set_request_header(this: &XmlHttpRequest, name: &str, value: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn send(this: &XmlHttpRequest, body: &str) -> Result<(), JsValue>;
}
