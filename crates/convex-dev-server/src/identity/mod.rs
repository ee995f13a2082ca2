//! The identity service, shaped like [Better Auth](https://www.better-auth.com) with its Convex
//! plugin.
//!
//! A user signs in with a password and gets a session, stored in an HttpOnly cookie. With the
//! session the page fetches tokens, which the deployment verifies like those of any issuer: by
//! issuer, audience, expiry and the published keys.

mod accounts;
mod cookie;
mod routes;
mod sessions;
mod token_routes;
mod tokens;
mod verifier;

use std::sync::Arc;

use axum::Router;
use convex_testkit::ProviderConfig;

use self::{sessions::AuthSessions, tokens::TokenIssuer};
pub(crate) use self::{
    tokens::AUDIENCE,
    verifier::{AuthConfig, TokenVerifier},
};
use crate::{clock::ServerClock, journal::Journal, knobs::KnobPanel};

/// The state of the service's routes.
#[derive(Debug)]
pub(crate) struct IdentityService {
    clock: ServerClock,
    panel: KnobPanel,
    journal: Arc<Journal>,
    sessions: AuthSessions,
    tokens: TokenIssuer,
}

impl IdentityService {
    /// A service at `url`, which is also the issuer of its tokens.
    pub(crate) fn new(
        url: String,
        clock: ServerClock,
        panel: KnobPanel,
        journal: Arc<Journal>,
    ) -> anyhow::Result<Self> {
        let tokens = TokenIssuer::new(url)?;
        Ok(Self { clock, panel, journal, sessions: AuthSessions::default(), tokens })
    }

    /// The entry of `auth.config.ts` that makes a deployment accept this service's tokens.
    pub(crate) fn auth_config(&self) -> AuthConfig {
        auth_config(&self.tokens)
    }
}

fn auth_config(tokens: &TokenIssuer) -> AuthConfig {
    let issuer = tokens.issuer().to_owned();
    AuthConfig {
        key_set_url: format!("{issuer}{}", token_routes::KEYS),
        provider: ProviderConfig::CustomJwt { issuer, application_id: Some(AUDIENCE.to_owned()) },
        keys: tokens.keys(),
    }
}

/// All routes of the service.
pub(crate) fn routes(service: Arc<IdentityService>) -> Router {
    routes::routes().merge(token_routes::routes()).with_state(service)
}
