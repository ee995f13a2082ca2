//! What the whole page shares.

use crate::{
    deployment::{Deployment, parameter},
    timeline::{Recorder, page_clock},
};
use convex_leptos::BetterAuth;

/// What both panels are made with.
#[derive(Debug, Clone)]
pub struct Setup {
    pub deployment: Deployment,
    /// Who is signed in: one identity service, followed by both panels, each of which fetches
    /// tokens of its own.
    pub identity: BetterAuth,
    /// Whether the fixed panel's gate is eager.
    pub eager: bool,
    /// The recording of the naive panel.
    pub naive: Recorder,
    /// The recording of the fixed panel.
    pub fixed: Recorder,
}

impl Setup {
    /// What the address of the page says.
    pub fn from_page() -> Self {
        let deployment = Deployment::from_page();
        let started = page_clock();
        Self {
            identity: BetterAuth::new(&deployment.url),
            deployment,
            eager: parameter("eager").is_some(),
            naive: Recorder::new(started),
            fixed: Recorder::new(started),
        }
    }
}
