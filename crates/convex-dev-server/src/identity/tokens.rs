//! The tokens that identify a user to the deployment: ES256 JWTs, and the key that verifies them.

use std::fmt;

use anyhow::{Context, Result};
use convex_testkit::UnixMillis;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use p256::{SecretKey, pkcs8::EncodePrivateKey};
use serde::Serialize;

use super::sessions::AuthSession;

/// The audience (`aud`) of tokens for the deployment: its `applicationID`.
pub(crate) const AUDIENCE: &str = "convex";

/// Issues tokens, signed with a key that is generated at the start and never leaves the process.
pub(crate) struct TokenIssuer {
    issuer: String,
    key: EncodingKey,
    public: Jwk,
    key_id: String,
}

#[derive(Serialize)]
struct TokenClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    /// Makes each token unique, even within one second.
    jti: String,
    #[serde(rename = "sessionId")]
    session_id: &'a str,
    name: &'a str,
    email: &'a str,
}

impl TokenIssuer {
    /// An issuer that signs as `issuer` (`iss`), with a new key.
    pub(crate) fn new(issuer: String) -> Result<Self> {
        let secret = new_secret_key().to_pkcs8_der().context("cannot encode the signing key")?;
        let key = EncodingKey::from_ec_der(secret.as_bytes());
        let mut public =
            Jwk::from_encoding_key(&key, Algorithm::ES256).context("cannot derive the public key")?;
        let key_id = public.thumbprint(ThumbprintHash::SHA256);
        public.common.key_id = Some(key_id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { issuer, key, public, key_id })
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The keys that verify tokens.
    pub(crate) fn keys(&self) -> JwkSet {
        JwkSet { keys: vec![self.public.clone()] }
    }

    /// A token for `session` and `audience`, issued at `now`, with a lifetime in seconds.
    pub(crate) fn issue(
        &self,
        session: &AuthSession,
        audience: &str,
        now: UnixMillis,
        lifetime_secs: i64,
    ) -> Result<String> {
        let claims = TokenClaims {
            iss: &self.issuer,
            aud: audience,
            sub: session.account.id,
            iat: now.0 / 1000,
            exp: (now.0 / 1000).saturating_add(lifetime_secs),
            jti: format!("{:032x}", rand::random::<u128>()),
            session_id: &session.id,
            name: session.account.name,
            email: session.account.email,
        };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &self.key).context("cannot sign a token")
    }
}

impl fmt::Debug for TokenIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenIssuer").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

fn new_secret_key() -> SecretKey {
    loop {
        // Almost every random string of this length is a valid key; about one in 2^32 is not.
        if let Ok(key) = SecretKey::from_slice(&rand::random::<[u8; 32]>()) {
            return key;
        }
    }
}
