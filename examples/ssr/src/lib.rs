//! A notice board that is rendered on the server, and live in the browser.
//!
//! The end-to-end tests find these elements by `data-testid`: `user`, `sign-in-link`, `sign-out`,
//! `auth-loading`, `auth-refreshing`; `fill-alice`, `fill-bob`, `sign-in`; `messages-loading`,
//! `count`, `messages`, `message-input`, `send`, `problem`; `organizations-loading`,
//! `organizations`; `organization-loading`, `organization`.

pub mod app;

mod api;
mod board;
mod header;
mod organizations;
mod sign_in;

/// Takes over the page that the server has rendered. The page's script calls it.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
