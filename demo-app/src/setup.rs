//! What the whole page shares.

use crate::{deployment::Deployment, timeline::page_clock};
use convex_leptos::BetterAuth;

/// What both panels are made with.
#[derive(Debug, Clone)]
pub struct Setup {
    pub deployment: Deployment,
    /// Who is signed in: one identity service, followed by both panels, each of which fetches tokens of its own.
    pub identity: BetterAuth,
    /// Whether the fixed panel's gate is eager.
    pub eager: bool,
    /// When the app started, on the page's clock.
    pub origin: f64,
}

impl Setup {
    /// What the address of the page says.
    pub fn from_page() -> Self {
        let deployment = Deployment::from_page();
        let identity = BetterAuth::new(&deployment.url);
        Self { eager: crate::deployment::parameter("eager").is_some(), origin: page_clock(), identity, deployment }
    }
}
