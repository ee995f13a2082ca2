//! Tests of pages that a web server rendered, in a browser, with a model deployment in the page.

#![cfg(target_family = "wasm")]

mod auth;
#[path = "../browser/fixture.rs"]
#[allow(dead_code, reason = "shared with the other browser tests")]
mod fixture;
mod page;
#[path = "../browser/test_provider.rs"]
#[allow(dead_code, reason = "shared with the other browser tests")]
mod test_provider;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
