//! Verifies tokens like a deployment with a custom JWT provider in its `auth.config.ts`.

use convex_testkit::{Identity, ProviderConfig, Rejection, UnixMillis, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Map, Value as Json};

use crate::knobs::{KeySet, KnobPanel};

/// One entry of `providers` in `auth.config.ts`.
#[derive(Debug, Clone)]
pub(crate) struct AuthConfig {
    /// The issuer and the audience of the tokens that it verifies.
    pub(crate) provider: ProviderConfig,
    /// The URL of the issuer's keys.
    pub(crate) key_set_url: String,
    /// Those keys.
    pub(crate) keys: JwkSet,
}

/// Verifies tokens against `auth.config.ts`, unless a knob makes it reject them.
#[derive(Debug)]
pub(crate) struct TokenVerifier {
    configs: Vec<AuthConfig>,
    panel: KnobPanel,
}

impl TokenVerifier {
    pub(crate) fn new(configs: Vec<AuthConfig>, panel: KnobPanel) -> Self {
        Self { configs, panel }
    }

    fn no_provider(&self) -> Rejection {
        Rejection::NoProvider(self.configs.iter().map(|config| config.provider.clone()).collect())
    }
}

impl Verifier for TokenVerifier {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, Rejection> {
        let unverified = jsonwebtoken::dangerous::insecure_decode::<Map<String, Json>>(token)
            .map_err(|_| Rejection::NotAJwt)?;
        if !unverified.claims.contains_key("iss") {
            return Err(Rejection::NoIssuer);
        }
        let responsible = |config: &&AuthConfig| config.provider.matches(&unverified.claims);
        let config = self.configs.iter().find(responsible).ok_or_else(|| self.no_provider())?;
        if self.panel.rejects_this_token() {
            // As if the provider had been removed from `auth.config.ts`.
            return Err(Rejection::NoProvider(Vec::new()));
        }
        if self.panel.knobs().key_set == KeySet::Unreachable {
            return Err(Rejection::KeySet { url: config.key_set_url.clone(), status: Some(503) });
        }
        let claims = verified_claims(token, unverified.header.kid, &config.keys)?;
        Identity::from_custom_jwt(claims, server_now)
    }
}

fn verified_claims(token: &str, kid: Option<String>, keys: &JwkSet) -> Result<Map<String, Json>, Rejection> {
    let kid = kid.ok_or(Rejection::NoKeyId)?;
    let key = keys.find(&kid).and_then(|key| DecodingKey::from_jwk(key).ok());
    // Time comes from the deployment's clock; issuer and audience have been compared already.
    let mut signature_only = Validation::new(Algorithm::ES256);
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    signature_only.required_spec_claims.clear();
    key.and_then(|key| jsonwebtoken::decode(token, &key, &signature_only).ok())
        .map(|token| token.claims)
        .ok_or(Rejection::UnknownKey { kid })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Options,
        identity::{AUDIENCE, AuthSessions, TokenIssuer, accounts::Account, auth_config},
    };

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const LIFETIME: Duration = Duration::from_secs(60);

    fn issuer() -> TokenIssuer {
        TokenIssuer::new("http://identity.example".to_owned()).unwrap()
    }

    fn token(issuer: &TokenIssuer, audience: &str) -> String {
        let alice = Account::authenticate("alice@example.com", "alice-demo").unwrap();
        issuer.issue(&AuthSessions::default().start(alice, NOW), audience, NOW, 60).unwrap()
    }

    fn verifier(issuer: &TokenIssuer) -> TokenVerifier {
        let config = auth_config(issuer);
        TokenVerifier::new(vec![config], KnobPanel::new(Options::default().knobs()))
    }

    fn rejection(verifier: &TokenVerifier, token: &str) -> String {
        verifier.verify(token, NOW).unwrap_err().text(false)
    }

    #[test]
    fn a_valid_token_is_accepted_until_it_expires() {
        let issuer = issuer();
        let (verifier, token) = (verifier(&issuer), token(&issuer, AUDIENCE));
        let identity = verifier.verify(&token, UnixMillis(NOW.after(LIFETIME).0 - 1)).unwrap();
        assert_eq!(identity.token_identifier(), "http://identity.example|user_alice");
        assert_eq!(identity.claim("email"), Some("alice@example.com"));
        assert_eq!(identity.expires_at, NOW.after(LIFETIME));
        let late = verifier.verify(&token, NOW.after(LIFETIME + Duration::from_secs(6)));
        assert_eq!(late, Err(Rejection::Expired(6)));
    }

    #[test]
    fn other_audience_has_no_provider() {
        let issuer = issuer();
        let text = rejection(&verifier(&issuer), &token(&issuer, "someone-else"));
        assert_eq!(
            text,
            "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of \
             your configured providers: [CustomJWT(issuer=http://identity.example, app_id=convex)]"
        );
    }

    #[test]
    fn other_issuer_has_no_provider() {
        let other = TokenIssuer::new("http://elsewhere.example".to_owned()).unwrap();
        let text = rejection(&verifier(&issuer()), &token(&other, AUDIENCE));
        assert!(text.starts_with("No auth provider found matching the given token"), "{text}");
    }

    #[test]
    fn unknown_key_is_named_in_the_rejection() {
        let other = issuer();
        let kid = &other.keys().keys[0].common.key_id.clone().unwrap();
        let text = rejection(&verifier(&issuer()), &token(&other, AUDIENCE));
        assert!(text.starts_with("Could not decode token. The JWT's 'kid'") && text.contains(kid), "{text}");
    }

    #[test]
    fn tampered_token_matches_no_key() {
        let issuer = issuer();
        let (alices, other) = (token(&issuer, AUDIENCE), token(&issuer, AUDIENCE));
        let claims = other.split('.').nth(1).unwrap();
        let parts: Vec<_> = alices.split('.').collect();
        let forged = [parts[0], claims, parts[2]].join(".");
        let text = rejection(&verifier(&issuer), &forged);
        assert!(text.starts_with("Could not decode token. The JWT's 'kid'"), "{text}");
    }

    #[test]
    fn text_that_is_not_a_jwt_is_rejected() {
        assert!(rejection(&verifier(&issuer()), "hello").starts_with("Could not parse JWT payload"));
    }

    #[test]
    fn unreachable_key_set_rejects_valid_tokens() {
        let issuer = issuer();
        let verifier = verifier(&issuer);
        let changes = serde_json::json!({ "keySet": "unreachable" });
        verifier.panel.turn(changes.as_object().unwrap().clone()).unwrap();
        let text = rejection(&verifier, &token(&issuer, AUDIENCE));
        let expected =
            "Could not fetch JWKS from URL 'http://identity.example/api/auth/convex/jwks': HTTP 503";
        assert!(text.starts_with(expected), "{text}");
    }
}
