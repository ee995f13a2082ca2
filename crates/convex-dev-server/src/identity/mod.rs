//! The identity service: who people are, shaped like [Better Auth](https://www.better-auth.com)
//! with its Convex plugin.
//!
//! A person signs in with a password and gets a session, kept by an HttpOnly cookie; with the
//! session they fetch tokens, which the deployment verifies as it would anybody's: by issuer,
//! audience, expiry and the published keys.

mod cookie;
mod people;
mod routes;
mod sessions;
mod token_routes;
mod tokens;
mod verifier;

use std::sync::Arc;

use axum::Router;
use convex_testkit::AuthProvider;

use self::{sessions::Sessions, tokens::TokenIssuer};
pub(crate) use self::{
    tokens::AUDIENCE,
    verifier::{AuthConfig, TokenVerifier},
};
use crate::{clock::Clock, journal::Journal, knobs::Panel};

/// What the service's routes share.
#[derive(Debug)]
pub(crate) struct IdentityService {
    clock: Clock,
    panel: Panel,
    journal: Arc<Journal>,
    sessions: Sessions,
    tokens: TokenIssuer,
}

impl IdentityService {
    /// A service that is reached at `url`, which is the issuer of its tokens, too.
    pub(crate) fn new(
        url: String,
        clock: Clock,
        panel: Panel,
        journal: Arc<Journal>,
    ) -> anyhow::Result<Self> {
        let tokens = TokenIssuer::new(url)?;
        Ok(Self { clock, panel, journal, sessions: Sessions::default(), tokens })
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
        provider: AuthProvider::CustomJwt { issuer, application_id: Some(AUDIENCE.to_owned()) },
        keys: tokens.keys(),
    }
}

/// All routes of the service.
pub(crate) fn routes(service: Arc<IdentityService>) -> Router {
    routes::routes().merge(token_routes::routes()).with_state(service)
}
