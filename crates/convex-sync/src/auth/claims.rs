//! The claims of a JWT, read without checking its signature, which is the server's task.

use crate::{
    base64::{self, Alphabet},
    fields::{self, FieldName, ReceivedObject, field_names},
};
use std::fmt;

/// The claims of a JWT that a client uses. They are read, not verified.
///
/// ```
/// use convex_sync::Claims;
///
/// let issuer = "https://issuer.example".to_owned();
/// let claims = Claims { issuer: Some(issuer), subject: Some("anna".to_owned()), ..Claims::default() };
/// // Compare it with the deployment's `auth.config`. It contains no part of the token itself.
/// assert_eq!(claims.to_string(), "iss=https://issuer.example, aud=-, sub=anna, exp=-");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Claims {
    /// `iss`: the issuer of the token.
    pub issuer: Option<String>,
    /// `aud`: the audience; several values are joined by a comma.
    pub audience: Option<String>,
    /// `sub`: the user that the token identifies.
    pub subject: Option<String>,
    /// `iat`: when the token was issued, in seconds since 1970-01-01 UTC by the issuer's clock.
    pub issued_at: Option<i64>,
    /// `exp`: when the token expires, in seconds since 1970-01-01 UTC by the issuer's clock.
    pub expires_at: Option<i64>,
}

impl Claims {
    /// Reads the claims of a JWT. `None` if `token` is not a JWT. A claim of an unexpected type
    /// counts as missing.
    ///
    /// ```
    /// use convex_sync::Claims;
    ///
    /// let claims = Claims::read("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIiwiZXhwIjoxNzAwMDAwMDAwfQ.").unwrap();
    /// assert_eq!(claims.subject.as_deref(), Some("anna"));
    /// assert_eq!(claims.expires_at, Some(1_700_000_000));
    /// assert_eq!(Claims::read("not a JWT"), None);
    /// ```
    pub fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (Some(_header), Some(payload), Some(_signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let payload = base64::decode(payload.trim_end_matches('='), Alphabet::UrlSafe)?;
        let payload = String::from_utf8(payload).ok()?;
        let texts = fields::find(&payload, &NAMES).ok()?;
        let claims = ReceivedObject { kind: "JWT", names: &NAMES, texts: &texts };
        Some(Self {
            issuer: text(&claims, ISS),
            audience: text(&claims, AUD).or_else(|| several(&claims, AUD)),
            subject: text(&claims, SUB),
            issued_at: seconds(&claims, IAT),
            expires_at: seconds(&claims, EXP),
        })
    }
}

field_names! { ISS = "iss", AUD = "aud", SUB = "sub", IAT = "iat", EXP = "exp" }

fn text(claims: &ReceivedObject<'_, '_>, field: FieldName) -> Option<String> {
    claims.optional(field).ok()?
}

fn several(claims: &ReceivedObject<'_, '_>, field: FieldName) -> Option<String> {
    let texts: Vec<String> = claims.required(field).ok()?;
    Some(texts.join(","))
}

/// A `NumericDate`, which may have a fraction of a second.
fn seconds(claims: &ReceivedObject<'_, '_>, field: FieldName) -> Option<i64> {
    let date: f64 = claims.optional(field).ok()??;
    Some(date.floor() as i64)
}

/// `iss=…, aud=…, sub=…, exp=…`, with a dash for a missing claim.
impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_dash = |claim: &Option<String>| claim.clone().unwrap_or_else(|| "-".into());
        let expires_at = or_dash(&self.expires_at.map(|seconds| seconds.to_string()));
        let (issuer, audience, subject) =
            (or_dash(&self.issuer), or_dash(&self.audience), or_dash(&self.subject));
        write!(f, "iss={issuer}, aud={audience}, sub={subject}, exp={expires_at}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn jwt(payload: &Value) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(payload.to_string()))
    }

    #[test]
    fn all_claims_are_read_and_displayed() {
        let claims = Claims::read(&jwt(&json!({
            "iss": "https://issuer.test", "aud": "convex", "sub": "anna", "iat": 1_700_000_000, "exp": 1_700_003_600,
            "email": "anna@example.test",
        })))
        .unwrap();
        assert_eq!(
            claims,
            Claims {
                issuer: Some("https://issuer.test".into()),
                audience: Some("convex".into()),
                subject: Some("anna".into()),
                issued_at: Some(1_700_000_000),
                expires_at: Some(1_700_003_600),
            }
        );
        assert_eq!(claims.to_string(), "iss=https://issuer.test, aud=convex, sub=anna, exp=1700003600");
    }

    #[test]
    fn claims_of_unexpected_types_count_as_missing() {
        let claims =
            Claims::read(&jwt(&json!({"iss": 7, "aud": {}, "sub": null, "iat": "now", "exp": true})))
                .unwrap();
        assert_eq!(claims, Claims::default());
        assert_eq!(claims.to_string(), "iss=-, aud=-, sub=-, exp=-");
    }

    #[test]
    fn several_audiences_are_joined_by_a_comma() {
        let audience = |aud| Claims::read(&jwt(&json!({ "aud": aud }))).unwrap().audience;
        assert_eq!(audience(json!(["a", "b"])), Some("a,b".into()));
        assert_eq!(audience(json!(["a"])), Some("a".into()));
        assert_eq!(audience(json!(["a", 1])), None);
    }

    #[test]
    fn fractions_of_a_second_are_dropped() {
        let claims = Claims::read(&jwt(&json!({"iat": 1_700_000_000.25, "exp": 1.7e9}))).unwrap();
        assert_eq!(claims.issued_at, Some(1_700_000_000));
        assert_eq!(claims.expires_at, Some(1_700_000_000));
    }

    #[test]
    fn payloads_are_base64url_with_or_without_padding() {
        // Its encoding contains both characters in which base64url differs from base64, and needs
        // padding.
        let payload = json!({"sub": "~~?>>~"}).to_string();
        let unpadded = BASE64_URL_SAFE_NO_PAD.encode(&payload);
        assert!(unpadded.contains(['-', '_']), "{unpadded}");
        assert_eq!(Claims::read(&format!("e30.{unpadded}.s")).unwrap().subject.as_deref(), Some("~~?>>~"));
        let padded = ::base64::prelude::BASE64_URL_SAFE.encode(&payload);
        assert!(padded.ends_with('='), "{padded}");
        assert_eq!(Claims::read(&format!("e30.{padded}.s")).unwrap().subject.as_deref(), Some("~~?>>~"));
    }

    #[test]
    fn text_that_is_not_a_jwt_has_no_claims() {
        for token in
            ["", "opaque", "a.b", "e30.e30", "e30.!!.c2ln", "e30.bm8.c2ln", "e30.W10.c2ln", "e30.e30.a.b"]
        {
            assert_eq!(Claims::read(token), None, "{token}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(token in "[a-zA-Z0-9_=-]{0,40}\\.[a-zA-Z0-9_=-]{0,80}\\.[a-zA-Z0-9_=-]{0,40}") {
            if let Some(claims) = Claims::read(&token) {
                let _ = claims.to_string();
            }
        }
    }
}
