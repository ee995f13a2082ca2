//! The stage of the end-to-end tests: the dev server with the built demo as its page, and headless Chromium that visits it.
//!
//! `cargo xtask test e2e` builds the demo and runs the tests. Without it they find the demo by `DEMO_DIST` (or in `demo-app/dist`), the driver
//! by `CHROMEDRIVER` (or on the PATH), and the browser by `CHROMIUM` (or as the driver does).

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
    deployment::{Connection, Deployment, Log, Run, TokenFetch},
    observations::{Frame, Observations, PageEvent, Panel, PanelState, Wire, course},
    stage::{Stage, play},
    tabs::Tab,
    vigil::Vigil,
    wait::{PATIENCE, until},
};
