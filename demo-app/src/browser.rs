//! What only the demo asks of a browser.
//!
//! Not by web-sys: with features of it that the examples have no use for, the demo would have a
//! build of Leptos to itself.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page load began.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub fn performance_now() -> f64;

    /// Whether a condition such as `(min-width: 60rem)` is met.
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
