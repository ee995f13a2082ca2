//! Tests of pages that a web server rendered, in a browser, with a model deployment in the page.

#![cfg(target_family = "wasm")]

mod better_auth;
#[path = "../browser/better_auth_service.rs"]
#[allow(dead_code, reason = "shared with the other browser tests")]
mod better_auth_service;
#[path = "../browser/console.rs"]
mod console;
mod dependent_args;
mod dom;
#[path = "../browser/fixture.rs"]
#[allow(dead_code, reason = "shared with the other browser tests")]
mod fixture;
mod gates;
mod identity;
mod islands;
mod lazy_routes;
mod lists;
mod page;
mod page_provider;
mod preloaded;
mod results;
mod tokens;
mod user_page;
mod warnings;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
