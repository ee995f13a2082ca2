//! The `Authorization` header (`docs/protocol.md`, §9.6, §10.3).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value as Json};

/// The credentials of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestCredentials {
    /// Anonymous.
    None,
    /// A user's token.
    User(String),
    /// An admin key. The model has no valid one: each is treated as the key of another deployment.
    Admin,
}

/// Code and text of a response with status 400.
type Malformed = (&'static str, &'static str);

const UNREADABLE: Malformed = ("HeaderParseFailure", "Failed to parse header \"Authorization\"");
const TOO_SHORT: Malformed = ("InvalidHeaderFailure", "Invalid authentication header");
const NO_KEY: Malformed = ("InvalidAdminKey", "Invalid admin key");
const BAD_ATTRIBUTES: Malformed = ("HeaderParseFailure", "Malformed Authorization header.");

/// The length of `Bearer ` and of `Convex `.
const SCHEME: usize = 7;

impl RequestCredentials {
    /// Parses the header.
    ///
    /// # Errors
    ///
    /// The header is malformed. Its token is not verified here.
    pub fn from_header(header: Option<&[u8]>) -> Result<Self, Malformed> {
        let Some(header) = header else { return Ok(Self::None) };
        let text =
            str::from_utf8(header).ok().filter(|text| text.bytes().all(is_visible)).ok_or(UNREADABLE)?;
        let (scheme, token) = text.split_at_checked(SCHEME).ok_or(TOO_SHORT)?;
        if scheme.eq_ignore_ascii_case("convex ") {
            return check_admin_key(token).map(|()| Self::Admin);
        }
        match scheme.eq_ignore_ascii_case("bearer ") && !token.is_empty() {
            true => Ok(Self::User(token.trim().to_owned())),
            false => Err(NO_KEY),
        }
    }
}

fn is_visible(byte: u8) -> bool {
    byte == b'\t' || (32..127).contains(&byte)
}

/// Checks the user attributes that may follow an admin key: `prod:name|key:base64`.
fn check_admin_key(key: &str) -> Result<(), Malformed> {
    let secret = key.split_once('|').map_or(key, |(_, secret)| secret);
    let Some((_, attributes)) = secret.split_once(':') else { return Ok(()) };
    let decoded = STANDARD.decode(attributes).ok();
    let parsed = decoded.and_then(|bytes| serde_json::from_slice::<Map<String, Json>>(&bytes).ok());
    parsed.map(|_| ()).ok_or(BAD_ATTRIBUTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(None, Ok(RequestCredentials::None))]
    #[case(Some("Bearer a.b.c"), Ok(RequestCredentials::User("a.b.c".to_owned())))]
    #[case(Some("bearer a.b.c "), Ok(RequestCredentials::User("a.b.c".to_owned())))]
    #[case(Some("Convex prod:name|key"), Ok(RequestCredentials::Admin))]
    #[case(Some("Convex name|key:e30="), Ok(RequestCredentials::Admin))]
    #[case(Some("Convex name|key:nonsense"), Err("HeaderParseFailure"))]
    #[case(Some("Bearer ü"), Err("HeaderParseFailure"))]
    #[case(Some("Bearer"), Err("InvalidHeaderFailure"))]
    #[case(Some("Bearer "), Err("InvalidAdminKey"))]
    #[case(Some("Basic YTpi"), Err("InvalidAdminKey"))]
    fn headers_are_parsed_as_in_the_backend(
        #[case] header: Option<&str>,
        #[case] expected: Result<RequestCredentials, &str>,
    ) {
        let read = RequestCredentials::from_header(header.map(str::as_bytes));
        assert_eq!(read.map_err(|(code, _)| code), expected);
    }
}
