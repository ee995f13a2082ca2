//! What a deployment's `auth.config` says: whose tokens are good.

use convex_testkit::{Identity, UnixMillis, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Map, Value as Json};

use crate::knobs::Panel;

/// One entry of `auth.config`'s `providers`.
#[derive(Debug, Clone)]
pub(crate) struct AuthConfig {
    /// The issuer (`iss`) of the tokens.
    pub(crate) domain: String,
    /// Their audience (`aud`).
    pub(crate) application_id: String,
    /// The keys the issuer publishes.
    pub(crate) keys: JwkSet,
}

/// Verifies tokens against `auth.config`, unless a knob says to reject them.
#[derive(Debug)]
pub(crate) struct TokenVerifier {
    providers: Vec<AuthConfig>,
    panel: Panel,
}

impl TokenVerifier {
    pub(crate) fn new(providers: Vec<AuthConfig>, panel: Panel) -> Self {
        Self { providers, panel }
    }

    fn provider(&self, claims: &Map<String, Json>) -> Option<&AuthConfig> {
        self.providers.iter().find(|provider| {
            claims.get("iss").is_some_and(|issuer| *issuer == *provider.domain)
                && claims.get("aud").is_some_and(|audience| names(audience, &provider.application_id))
        })
    }
}

impl Verifier for TokenVerifier {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, String> {
        let unverified = jsonwebtoken::dangerous::insecure_decode::<Map<String, Json>>(token)
            .map_err(|error| format!("Could not parse JWT: {error}"))?;
        let provider = self.provider(&unverified.claims).ok_or_else(|| no_provider(&unverified.claims))?;
        let claims = verified_claims(token, unverified.header.kid.as_deref(), &provider.keys)?;
        let identity = identity(claims)?;
        if server_now >= identity.expires_at {
            return Err("Could not validate token: Token expired".to_owned());
        }
        if self.panel.rejects_this_token() {
            return Err("Could not validate token: the `rejectTokens` knob rejects it".to_owned());
        }
        Ok(identity)
    }
}

/// Whether an `aud` claim, a text or a list of texts, names `audience`.
fn names(claim: &Json, audience: &str) -> bool {
    claim == audience || claim.as_array().is_some_and(|all| all.iter().any(|one| one == audience))
}

fn no_provider(claims: &Map<String, Json>) -> String {
    let claim = |name: &str| claims.get(name).unwrap_or(&Json::Null).to_string();
    format!(
        "No auth provider found matching the given token (iss: {}, aud: {}): compare `domain` and `applicationID` in auth.config",
        claim("iss"),
        claim("aud"),
    )
}

fn verified_claims(token: &str, key_id: Option<&str>, keys: &JwkSet) -> Result<Map<String, Json>, String> {
    let key = key_id.and_then(|id| keys.find(id)).ok_or("Could not validate token: no key with its `kid`")?;
    let key = DecodingKey::from_jwk(key).map_err(|error| format!("Could not read the key set: {error}"))?;
    // Time comes from the deployment's clock, issuer and audience have been compared already.
    let mut signature_only = Validation::new(Algorithm::ES256);
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    signature_only.required_spec_claims.clear();
    jsonwebtoken::decode(token, &key, &signature_only)
        .map(|token| token.claims)
        .map_err(|error| format!("Could not validate token: {error}"))
}

fn identity(claims: Map<String, Json>) -> Result<Identity, String> {
    let text = |name: &str| {
        let claim = claims.get(name).and_then(Json::as_str);
        claim.map(str::to_owned).ok_or_else(|| format!("Could not validate token: no `{name}`"))
    };
    let (issuer, subject) = (text("iss")?, text("sub")?);
    let expires = claims.get("exp").and_then(Json::as_i64).ok_or("Could not validate token: no `exp`")?;
    Ok(Identity { issuer, subject, claims, expires_at: UnixMillis(expires.saturating_mul(1000)) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Options,
        identity::{AUDIENCE, Sessions, TokenIssuer, people::Person},
    };

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const LIFETIME: Duration = Duration::from_secs(60);

    fn issuer() -> TokenIssuer {
        TokenIssuer::new("http://identity.example".to_owned()).unwrap()
    }

    fn token(issuer: &TokenIssuer, audience: &str) -> String {
        let alice = Person::authenticate("alice@example.com", "alice-demo").unwrap();
        issuer.issue(&Sessions::default().start(alice, NOW), audience, NOW, LIFETIME).unwrap()
    }

    fn verifier(issuer: &TokenIssuer) -> TokenVerifier {
        let provider = AuthConfig {
            domain: issuer.issuer().to_owned(),
            application_id: AUDIENCE.to_owned(),
            keys: issuer.keys(),
        };
        TokenVerifier::new(vec![provider], Panel::new(Options::default().knobs()))
    }

    fn refusal(verifier: &TokenVerifier, token: &str, now: UnixMillis) -> String {
        verifier.verify(token, now).unwrap_err()
    }

    #[test]
    fn a_good_token_is_good_until_it_expires() {
        let issuer = issuer();
        let (verifier, token) = (verifier(&issuer), token(&issuer, AUDIENCE));
        let identity = verifier.verify(&token, UnixMillis(NOW.after(LIFETIME).0 - 1)).unwrap();
        assert_eq!(identity.token_identifier(), "http://identity.example|user_alice");
        assert_eq!(identity.claim("email"), Some("alice@example.com"));
        assert_eq!(identity.expires_at, NOW.after(LIFETIME));
        assert!(refusal(&verifier, &token, NOW.after(LIFETIME)).contains("expired"));
    }

    #[test]
    fn another_audience_is_named_in_the_refusal() {
        let issuer = issuer();
        let error = refusal(&verifier(&issuer), &token(&issuer, "someone-else"), NOW);
        assert!(error.contains("No auth provider found") && error.contains("someone-else"), "{error}");
    }

    #[test]
    fn a_token_signed_with_another_key_is_refused() {
        let error = refusal(&verifier(&issuer()), &token(&issuer(), AUDIENCE), NOW);
        assert!(error.contains("kid"), "{error}");
    }

    #[test]
    fn a_changed_token_is_refused() {
        let issuer = issuer();
        let (alices, other) = (token(&issuer, AUDIENCE), token(&issuer, AUDIENCE));
        let claims = other.split('.').nth(1).unwrap();
        let parts: Vec<_> = alices.split('.').collect();
        let forged = [parts[0], claims, parts[2]].join(".");
        let error = refusal(&verifier(&issuer), &forged, NOW);
        assert!(error.contains("InvalidSignature"), "{error}");
    }

    #[test]
    fn what_is_no_token_is_refused() {
        assert!(refusal(&verifier(&issuer()), "hello", NOW).contains("Could not parse JWT"));
    }
}
