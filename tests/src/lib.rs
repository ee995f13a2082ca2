//! The environment of the end-to-end tests: the dev server with the built demo or an example as its
//! page, and a headless browser.
//!
//! `cargo xtask test e2e` builds the pages and runs the tests. If they are run without it,
//! variables name the files: `DEMO_DIST` the demo (default `demo-app/dist`), `CHAT_DIST` the chat
//! (default `examples/chat/dist`), `SSR_SERVER` and `SSR_SITE` the server-rendered example,
//! `ISLANDS_SERVER` and `ISLANDS_SITE` the page of islands (both without a default), `CHROMIUM` and
//! `CHROMEDRIVER` the browser and its driver (default: on the PATH).
//!
//! The browser is Chromium, unless `E2E_BROWSER` names another. Only the tests in `smoke.rs` run in
//! other browsers. The rest use Chromium's own protocol for network faults, the page's lifecycle,
//! reloads that bypass the cache, and pictures.

mod browser;
mod engine;
mod environment;
mod machine;
mod observations;
mod rendered_site;
mod tabs;
mod test_server;
mod user_monitor;
mod wait;
mod webdriver;

pub use self::{
    browser::Browser,
    engine::Engine,
    environment::{TestEnvironment, with_app, with_demo, with_options},
    observations::{
        ClientTraffic, DemoPanel, Observations, ObservedFrame, PageEvent, PanelState, successive,
    },
    rendered_site::{
        DocumentObservations, DocumentState, Front, Gate, GateState, RenderedApp, RenderedSite, SiteProcess,
        TOKEN_PATH, Upstream, with_rendered_app, with_rendered_site,
    },
    tabs::Tab,
    test_server::{LoggedConnection, LoggedRun, LoggedTokenFetch, ServedApp, ServerLog, TestServer},
    user_monitor::UserMonitor,
    wait::{WAIT_LIMIT, until},
    webdriver::DriverProcess,
};
