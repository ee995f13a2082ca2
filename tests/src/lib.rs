//! The stage of the end-to-end tests: the dev server with the built demo or an example as its page, and headless Chromium that visits it.
//!
//! `cargo xtask test e2e` builds the pages and runs the tests. Without it they find the demo by `DEMO_DIST` (or in `demo-app/dist`), the chat by
//! `CHAT_DIST` (or in `examples/chat/dist`), the driver by `CHROMEDRIVER` (or on the PATH), and the browser by `CHROMIUM` (or as the driver does).

mod browser;
mod chromedriver;
mod deployment;
mod machine;
mod observations;
mod stage;
mod tabs;
mod vigil;
mod wait;

pub use self::{
    browser::Browser,
    chromedriver::Chromedriver,
    deployment::{Connection, Deployment, Log, Page, Run, TokenFetch},
    observations::{Frame, Observations, PageEvent, Panel, PanelState, Wire, course},
    stage::{Stage, play, play_in},
    tabs::Tab,
    vigil::Vigil,
    wait::{PATIENCE, until},
};
