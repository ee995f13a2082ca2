//! The stage of the end-to-end tests: the dev server with the built demo or an example as its page,
//! and a headless browser.
//!
//! `cargo xtask test e2e` builds the pages and runs the tests. Without it they find the demo by
//! `DEMO_DIST` (or in `demo-app/dist`), the chat by `CHAT_DIST` (or in `examples/chat/dist`), and
//! the drivers on the PATH (Chromium's also by `CHROMEDRIVER`, and the browser itself by
//! `CHROMIUM`).
//!
//! The browser is Chromium, unless `E2E_BROWSER` names another; only the tests in `smoke.rs` can
//! run in another one. The rest use Chromium's own protocol: network faults, page lifecycle,
//! reloads past the cache, pictures.

mod browser;
mod deployment;
mod engine;
mod machine;
mod observations;
mod stage;
mod tabs;
mod vigil;
mod wait;
mod webdriver;

pub use self::{
    browser::Browser,
    deployment::{Connection, Deployment, Log, Page, Run, TokenFetch},
    engine::Engine,
    observations::{Frame, Observations, PageEvent, Panel, PanelState, Wire, course},
    stage::{Stage, play, play_in, play_with},
    tabs::Tab,
    vigil::Vigil,
    wait::{PATIENCE, until},
    webdriver::DriverProcess,
};
