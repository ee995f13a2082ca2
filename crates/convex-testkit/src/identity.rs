//! Who is asking: identities and the tokens that prove them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use convex_sync::UnixMillis;
use serde_json::{Map, Value as Json, json};

/// What a verified token says about its bearer.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Who issued the token (`iss`).
    pub issuer: String,
    /// Whom it speaks for (`sub`).
    pub subject: String,
    /// All claims of the token.
    pub claims: Map<String, Json>,
    /// From this moment on the deployment no longer accepts it; checked only when something runs.
    pub expires_at: UnixMillis,
}

impl Identity {
    /// The stable name of a person: `issuer|subject`.
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

/// What the deployment's `auth.config` stands for: decides whether a token is good.
pub trait Verifier {
    /// The identity `token` proves at `server_now`.
    ///
    /// # Errors
    ///
    /// The message the deployment answers with, where the token proves nothing.
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, String>;
}

/// Issues tokens and verifies them: JWTs in shape, signed with a constant. For tests only.
#[derive(Debug, Clone)]
pub struct TestIssuer {
    issuer: String,
    audience: String,
}

const SIGNATURE: &str = "dGVzdA";

impl TestIssuer {
    /// An issuer (`iss`) whose tokens are meant for `audience` (`aud`).
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), audience: audience.into() }
    }

    /// A token for `subject`, issued and expiring at whole seconds as JWTs do.
    pub fn token(&self, subject: &str, issued_at: UnixMillis, expires_at: UnixMillis) -> String {
        self.token_with(json!({ "sub": subject, "iat": issued_at.0 / 1000, "exp": expires_at.0 / 1000 }))
    }

    /// A token with these claims; `iss` and `aud` are filled in where absent.
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

impl Verifier for TestIssuer {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, String> {
        let claims = claims(token).ok_or("Could not parse JWT")?;
        let text = |name: &str| claims.get(name).and_then(Json::as_str).map(str::to_owned);
        let issuer = text("iss").ok_or("Token has no issuer")?;
        if issuer != self.issuer || text("aud").is_none_or(|audience| audience != self.audience) {
            return Err("No auth provider found matching the given token".to_owned());
        }
        let subject = text("sub").ok_or("Token has no subject")?;
        let expires = claims.get("exp").and_then(Json::as_i64).ok_or("Token has no expiry")?;
        let identity =
            Identity { issuer, subject, claims, expires_at: UnixMillis(expires.saturating_mul(1000)) };
        if identity.is_expired(server_now) {
            return Err("Could not validate token: Token expired".to_owned());
        }
        Ok(identity)
    }
}

fn claims(token: &str) -> Option<Map<String, Json>> {
    let [_, claims, SIGNATURE] = *token.split('.').collect::<Vec<_>>() else { return None };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
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
    fn a_good_token_names_its_bearer() {
        let identity = issuer().verify(&issuer().token("alice", NOW, LATER), NOW).unwrap();
        assert_eq!(identity.token_identifier(), "https://issuer.example|alice");
        assert_eq!(identity.expires_at, LATER);
    }

    #[test]
    fn a_token_is_bad_from_its_expiry_on() {
        let token = issuer().token("alice", NOW, LATER);
        assert!(issuer().verify(&token, UnixMillis(LATER.0 - 1)).is_ok());
        assert!(issuer().verify(&token, LATER).unwrap_err().contains("expired"));
    }

    #[rstest::rstest]
    #[case::other_audience(TestIssuer::new("https://issuer.example", "other").token("alice", NOW, LATER), "No auth provider")]
    #[case::other_issuer(TestIssuer::new("https://elsewhere.example", "convex").token("alice", NOW, LATER), "No auth provider")]
    #[case::forged(issuer().token("alice", NOW, LATER).replace(SIGNATURE, "x"), "parse")]
    #[case::no_jwt("hello".to_owned(), "parse")]
    fn bad_tokens_say_why(#[case] token: String, #[case] reason: &str) {
        let error = issuer().verify(&token, NOW).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}
