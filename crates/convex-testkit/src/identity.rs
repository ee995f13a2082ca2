//! Identities, and the tokens that prove them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use convex_sync::UnixMillis;
use serde_json::{Map, Value as Json, json};

use crate::rejection::{ProviderConfig, Rejection};

/// The identity in a verified token.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Who issued the token (`iss`).
    pub issuer: String,
    /// The user (`sub`).
    pub subject: String,
    /// All claims of the token.
    pub claims: Map<String, Json>,
    /// When the deployment stops accepting it. Checked only when a function runs.
    pub expires_at: UnixMillis,
}

impl Identity {
    /// The identity in the verified claims of a custom JWT at `server_now`.
    ///
    /// # Errors
    ///
    /// The token is expired or not valid yet, with 5 s of leeway, or lacks `iss`, `sub` or `exp`.
    pub fn from_custom_jwt(claims: Map<String, Json>, server_now: UnixMillis) -> Result<Self, Rejection> {
        let now = server_now.0.div_euclid(1000);
        let seconds = |name: &str| claims.get(name).and_then(Json::as_i64);
        let expires = seconds("exp");
        if let Some(late) = expires.map(|exp| now.saturating_sub(exp)).filter(|late| *late > LEEWAY_SECS) {
            return Err(Rejection::Expired(late));
        }
        for start in ["nbf", "iat"] {
            let early = seconds(start).map(|start| start.saturating_sub(now));
            if let Some(early) = early.filter(|early| *early > LEEWAY_SECS) {
                return Err(Rejection::NotYetValid(early));
            }
        }
        let text = |name: &str| claims.get(name).and_then(Json::as_str).map(str::to_owned);
        let (Some(issuer), Some(subject), Some(expires)) = (text("iss"), text("sub"), expires) else {
            return Err(Rejection::Claims);
        };
        Ok(Self { issuer, subject, claims, expires_at: UnixMillis(expires.saturating_mul(1000)) })
    }

    /// The stable identifier of a user: `issuer|subject`.
    pub fn token_identifier(&self) -> String {
        format!("{}|{}", self.issuer, self.subject)
    }

    /// The string claim called `name`.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    pub(crate) fn is_expired(&self, server_now: UnixMillis) -> bool {
        server_now >= self.expires_at
    }
}

/// Verifies tokens, as the deployment's `auth.config` configures it.
pub trait Verifier {
    /// The identity in `token` at `server_now`.
    ///
    /// # Errors
    ///
    /// Why the deployment does not accept the token.
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, Rejection>;
}

/// Issues and verifies tokens in the shape of JWTs, signed with a constant. For tests only.
#[derive(Debug, Clone)]
pub struct TestIssuer {
    issuer: String,
    audience: String,
}

const SIGNATURE: &str = "dGVzdA";
/// The largest clock difference between an identity provider and the deployment, for custom JWTs.
const LEEWAY_SECS: i64 = 5;

impl TestIssuer {
    /// An issuer (`iss`) of tokens for `audience` (`aud`).
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), audience: audience.into() }
    }

    /// A token for `subject`. Its times are whole seconds, as in JWTs.
    pub fn token(&self, subject: &str, issued_at: UnixMillis, expires_at: UnixMillis) -> String {
        self.token_with(json!({ "sub": subject, "iat": issued_at.0 / 1000, "exp": expires_at.0 / 1000 }))
    }

    /// A token with these claims; absent `iss` and `aud` are added.
    pub fn token_with(&self, claims: Json) -> String {
        let mut all = json!({ "iss": self.issuer, "aud": self.audience });
        if let (Some(all), Json::Object(claims)) = (all.as_object_mut(), claims) {
            all.extend(claims);
        }
        let header = json!({ "alg": "ES256", "typ": "JWT" });
        format!("{}.{}.{SIGNATURE}", part(&header), part(&all))
    }
}

fn part(json: &Json) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

impl TestIssuer {
    fn provider(&self) -> ProviderConfig {
        let application_id = Some(self.audience.clone());
        ProviderConfig::CustomJwt { issuer: self.issuer.clone(), application_id }
    }
}

impl Verifier for TestIssuer {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, Rejection> {
        let (claims, signature) = unverified(token).ok_or(Rejection::NotAJwt)?;
        if !claims.contains_key("iss") {
            return Err(Rejection::NoIssuer);
        }
        let provider = self.provider();
        if !provider.matches(&claims) {
            return Err(Rejection::NoProvider(vec![provider]));
        }
        if signature != SIGNATURE {
            return Err(Rejection::NoKeyId);
        }
        Identity::from_custom_jwt(claims, server_now)
    }
}

/// The claims of a token, and its signature.
fn unverified(token: &str) -> Option<(Map<String, Json>, &str)> {
    let [_, claims, signature] = *token.split('.').collect::<Vec<_>>() else { return None };
    let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some((claims, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const LATER: UnixMillis = UnixMillis(1_700_000_060_000);

    fn issuer() -> TestIssuer {
        TestIssuer::new("https://issuer.example", "convex")
    }

    #[test]
    fn a_valid_token_identifies_the_user() {
        let identity = issuer().verify(&issuer().token("alice", NOW, LATER), NOW).unwrap();
        assert_eq!(identity.token_identifier(), "https://issuer.example|alice");
        assert_eq!(identity.expires_at, LATER);
    }

    #[test]
    fn a_token_is_accepted_for_5_s_after_its_expiry() {
        let token = issuer().token("alice", NOW, LATER);
        let late = |seconds: i64| issuer().verify(&token, UnixMillis(LATER.0 + seconds * 1000));
        assert!(late(-1).is_ok());
        assert!(late(5).unwrap().is_expired(LATER));
        assert_eq!(late(6), Err(Rejection::Expired(6)));
    }

    #[rstest::rstest]
    #[case::other_audience(TestIssuer::new("https://issuer.example", "other").token("alice", NOW, LATER), no_provider())]
    #[case::other_issuer(TestIssuer::new("https://elsewhere.example", "convex").token("alice", NOW, LATER), no_provider())]
    #[case::no_audience(issuer().token_with(json!({ "aud": null })), no_provider())]
    #[case::no_issuer(format!("e30.{}.{SIGNATURE}", part(&json!({}))), Rejection::NoIssuer)]
    #[case::forged(issuer().token("alice", NOW, LATER).replace(SIGNATURE, "x"), Rejection::NoKeyId)]
    #[case::not_a_jwt("hello".to_owned(), Rejection::NotAJwt)]
    #[case::issued_later(issuer().token("alice", UnixMillis(NOW.0 + 6_000), LATER), Rejection::NotYetValid(6))]
    #[case::no_subject(issuer().token_with(json!({ "exp": LATER.0 / 1000 })), Rejection::Claims)]
    #[case::no_expiry(issuer().token_with(json!({ "sub": "alice" })), Rejection::Claims)]
    fn an_invalid_token_is_rejected_with_a_reason(#[case] token: String, #[case] rejection: Rejection) {
        assert_eq!(issuer().verify(&token, NOW), Err(rejection));
    }

    fn no_provider() -> Rejection {
        Rejection::NoProvider(vec![issuer().provider()])
    }

    #[rstest::rstest]
    #[case::trailing_slash(json!({ "iss": "https://issuer.example/" }))]
    #[case::no_scheme(json!({ "iss": "issuer.example" }))]
    #[case::several_audiences(json!({ "aud": ["other", "convex"] }))]
    #[case::issued_within_the_leeway(json!({ "iat": NOW.0 / 1000 + 5 }))]
    fn spellings_of_issuer_and_audience_are_accepted(#[case] claims: Json) {
        let mut all = json!({ "sub": "alice", "exp": LATER.0 / 1000 });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        assert!(issuer().verify(&issuer().token_with(all), NOW).is_ok());
    }
}
