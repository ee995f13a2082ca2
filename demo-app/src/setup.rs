//! The state that both panels and the controls share.

use crate::{
    deployment::{Deployment, parameter},
    timeline::{Recorder, page_clock},
};
use convex_leptos::BetterAuth;

/// Shared by both panels and the controls.
#[derive(Debug, Clone)]
pub struct DemoSetup {
    pub deployment: Deployment,
    /// The identity service that both panels sign in with. Each panel fetches its own tokens.
    pub identity: BetterAuth,
    /// Whether the fixed panel's gate is eager, which is the default: then its data arrives after as
    /// many round trips as the naive panel's error.
    pub eager: bool,
    /// The recording of the naive panel.
    pub naive: Recorder,
    /// The recording of the fixed panel.
    pub fixed: Recorder,
}

impl DemoSetup {
    /// Reads the page's query string: `deployment`, and `eager=0` to turn the eager gate off.
    pub fn from_page() -> Self {
        let deployment = Deployment::from_page();
        let started = page_clock();
        Self {
            identity: BetterAuth::new(&deployment.url),
            deployment,
            eager: parameter("eager").as_deref() != Some("0"),
            naive: Recorder::new(started),
            fixed: Recorder::new(started),
        }
    }
}
