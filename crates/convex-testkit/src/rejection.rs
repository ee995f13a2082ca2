//! Rejected tokens: the backend's texts, codes and classes.
//!
//! Source: the Convex backend of August 2026 (`docs/protocol.md`, §9.6). A client may match only
//! the beginnings of these texts, since the rest may change.

use std::fmt;

use serde_json::{Map, Value as Json};

use crate::error_class::ErrorClass;

/// Why a deployment rejects a token.
///
/// It is an `AuthError` on the WebSocket, and a 401 with `code` and `message` over HTTP. Exception:
/// with some statuses of [`Discovery`](Self::Discovery) the token was not verified, and the socket
/// closes without an `AuthError`.
///
/// ```
/// use convex_testkit::Rejection;
///
/// let rejection = Rejection::key_set_unreachable();
/// assert!(rejection.text(false).starts_with("Could not fetch JWKS from URL "));
/// assert_eq!(rejection.code(), "InvalidAuthHeader");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The token is not a JWT.
    NotAJwt,
    /// The token has no `iss`.
    NoIssuer,
    /// No configured provider has the token's `iss` and `aud`. Contains the configured ones.
    NoProvider(Vec<ProviderConfig>),
    /// OIDC: the discovery document or its key set could not be loaded.
    Discovery {
        /// The `iss` of the token.
        issuer: String,
        /// Status and body of the provider's response; `None` after a network error.
        response: Option<(u16, String)>,
    },
    /// OIDC: required claims are missing or malformed.
    NotOidc,
    /// OIDC: wrong signature or algorithm, expired, or several audiences.
    OidcClaims,
    /// Custom JWT: the key set could not be loaded.
    KeySet {
        /// The URL of the request.
        url: String,
        /// The status of the provider's response; `None` after a network error.
        status: Option<u16>,
    },
    /// Custom JWT: the `Content-Type` of the key set is not JSON.
    KeySetContentType {
        /// The URL of the request.
        url: String,
        /// The `Content-Type`.
        content_type: String,
    },
    /// Custom JWT: the key set is unreadable.
    KeySetBody {
        /// The URL of the request.
        url: String,
    },
    /// Custom JWT: the configured `data:` URL is unreadable.
    KeySetDataUrl,
    /// Custom JWT: no key has the token's `kid`, or signature or algorithm are wrong.
    UnknownKey {
        /// The `kid` of the token.
        kid: String,
    },
    /// Custom JWT: the same without a `kid`.
    NoKeyId,
    /// Custom JWT, after the signature: another issuer than the provider's.
    WrongIssuer {
        /// The `iss` of the token.
        issuer: String,
        /// The issuer of the provider.
        expected: String,
    },
    /// Custom JWT, after the signature: no `aud`, although the provider has an application id.
    NoAudience,
    /// Custom JWT, after the signature: other audiences than the provider's.
    WrongAudience {
        /// The `aud` of the token.
        audiences: Vec<String>,
        /// The application id of the provider.
        expected: String,
    },
    /// Custom JWT: expired this many seconds ago.
    Expired(i64),
    /// Custom JWT: `iat` or `nbf` are this many seconds in the future.
    NotYetValid(i64),
    /// Custom JWT: no `sub` or no `exp`.
    Claims,
    /// The identity expired while it was in use. Only on the WebSocket, with `authUpdateAttempted`
    /// false.
    IdentityExpired,
    /// An admin key of another deployment.
    AdminKey,
    /// Any other text, as from a later server.
    Other(String),
}

const NO_PROVIDER: &str = "No auth provider found matching the given token";
const CHECK_URL: &str = "Check that the URL is correct and accessible.";

impl Rejection {
    /// The key set cannot be loaded at the moment: a network error.
    pub fn key_set_unreachable() -> Self {
        Self::KeySet { url: "https://issuer.example/.well-known/jwks.json".to_owned(), status: None }
    }

    /// The discovery of an OIDC provider fails with this status, or with a network error.
    pub fn discovery(status: Option<u16>) -> Self {
        let response = status.map(|status| (status, "upstream error".to_owned()));
        Self::Discovery { issuer: "https://issuer.example".to_owned(), response }
    }

    /// The text for the client. A deployment that redacts shortens two of them.
    pub fn text(&self, redacted: bool) -> String {
        match self {
            Self::NotAJwt => "Could not parse JWT payload. Check that the token is a valid JWT format with three \
                              base64-encoded parts separated by dots."
                .to_owned(),
            Self::NoIssuer => "Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that \
                               matches one of your configured auth providers."
                .to_owned(),
            Self::NoProvider(_) if redacted => NO_PROVIDER.to_owned(),
            Self::NoProvider(providers) => no_provider(providers),
            Self::Discovery { issuer, response } => {
                let answer = response.as_ref().map(|(status, body)| format!(": {} {body}", status_line(*status)));
                format!("Auth provider discovery of {issuer} failed{}", answer.unwrap_or_default())
            }
            Self::NotOidc => {
                "Could not parse as OIDC ID token. Token might not be an OIDC-compliant JWT.".to_owned()
            }
            Self::OidcClaims => "Could not verify OIDC token claim. Check that the token signature is valid and the \
                                 token hasn't expired."
                .to_owned(),
            Self::KeySet { url, status } => {
                let cause = status.map_or("error sending request".to_owned(), |status| {
                    format!("HTTP {}", status_line(status))
                });
                format!("Could not fetch JWKS from URL '{url}': {cause}. {CHECK_URL}")
            }
            Self::KeySetContentType { url, content_type } => format!(
                "Invalid Content-Type '{content_type}' when fetching JWKS from '{url}'. Expected 'application/json' \
                 or 'application/jwk-set+json'."
            ),
            Self::KeySetBody { url } => format!(
                "Invalid JWKS response body from '{url}'. The response is not valid JSON or doesn't match the \
                 expected JWKS format."
            ),
            Self::KeySetDataUrl => "Invalid JWKS data URL. Check that the data URL is properly formatted and contains \
                                    valid base64-encoded JSON."
                .to_owned(),
            Self::UnknownKey { .. } if redacted => "Could not decode token. The JWT's 'kid' (key ID) header doesn't \
                                                    match any key in the provider's JWKS, or the JWT signature is \
                                                    invalid."
                .to_owned(),
            Self::UnknownKey { kid } => format!(
                "Could not decode token. The JWT's 'kid' (key ID) header is '{kid}', does this key match any key in \
                 the provider's JWKS?"
            ),
            Self::NoKeyId => {
                "Could not decode token. JWT may be missing a 'kid' (key ID) header.".to_owned()
            }
            Self::WrongIssuer { issuer, expected } => format!("Invalid issuer: {issuer} != {expected}"),
            Self::NoAudience => "Missing audience claim ('aud') in JWT payload. The JWT must include an 'aud' claim \
                                 that matches your configured application ID."
                .to_owned(),
            Self::WrongAudience { audiences, expected } => {
                format!("Invalid audience: {expected} not in {audiences:?}")
            }
            Self::Expired(seconds) => {
                format!("Could not validate token: Token expired {seconds} seconds ago")
            }
            Self::NotYetValid(seconds) => {
                format!("Could not validate token: Token will be valid in {seconds} seconds")
            }
            Self::Claims => "Could not verify token claim. Check that the JWT contains valid claims and matches your \
                             auth provider configuration."
                .to_owned(),
            Self::IdentityExpired => "Convex token identity expired".to_owned(),
            Self::AdminKey => "The provided admin key was invalid for this instance".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }

    /// The short code of the HTTP response, or of the close frame.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoProvider(_) => "NoAuthProvider",
            Self::Discovery { .. } => "AuthProviderDiscoveryFailed",
            Self::OidcClaims | Self::Other(_) => "Unauthenticated",
            Self::IdentityExpired => "TokenExpired",
            Self::AdminKey => "BadAdminKey",
            _ => "InvalidAuthHeader",
        }
    }

    /// The class over HTTP.
    pub(crate) fn class(&self) -> ErrorClass {
        match self {
            Self::Discovery { response, .. } => response
                .as_ref()
                .and_then(|(status, _)| ErrorClass::of_status(*status))
                .unwrap_or(ErrorClass::BadRequest),
            _ => ErrorClass::Unauthenticated,
        }
    }

    /// The class as a response to `Authenticate`.
    pub(crate) fn class_of_update(&self) -> ErrorClass {
        match self.class() {
            ErrorClass::Unauthenticated | ErrorClass::Forbidden | ErrorClass::BadRequest => {
                ErrorClass::AuthUpdateFailed
            }
            class => class,
        }
    }
}

impl From<String> for Rejection {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

impl From<&str> for Rejection {
    fn from(text: &str) -> Self {
        Self::Other(text.to_owned())
    }
}

fn no_provider(providers: &[ProviderConfig]) -> String {
    if providers.is_empty() {
        return format!("{NO_PROVIDER} (no providers configured). Check convex/auth.config.ts.");
    }
    let names: Vec<_> = providers.iter().map(ProviderConfig::to_string).collect();
    format!(
        "{NO_PROVIDER}. Check that your JWT's issuer and audience match one of your configured providers: [{}]",
        names.join(", ")
    )
}

/// A status with its reason phrase, in the form of the backend's HTTP library.
fn status_line(status: u16) -> String {
    let reason = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        421 => "Misdirected Request",
        425 => "Too Early",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    };
    format!("{status} {reason}")
}

/// An entry of the deployment's `convex/auth.config.ts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderConfig {
    /// `{ domain, applicationID }`
    Oidc {
        /// The issuer (`iss`).
        domain: String,
        /// The audience (`aud`).
        application_id: String,
    },
    /// `{ type: "customJwt", issuer, applicationID, jwks, algorithm }`
    CustomJwt {
        /// The issuer (`iss`).
        issuer: String,
        /// The audience (`aud`); without one, any is accepted.
        application_id: Option<String>,
    },
}

impl ProviderConfig {
    /// Whether this provider is responsible for a token with these unverified claims.
    pub fn matches(&self, claims: &Map<String, Json>) -> bool {
        let (domain, application_id) = match self {
            Self::Oidc { domain, application_id } => (domain, Some(application_id)),
            Self::CustomJwt { issuer, application_id } => (issuer, application_id.as_ref()),
        };
        let issuer = claims.get("iss").and_then(Json::as_str).unwrap_or_default();
        let audiences = audiences(claims);
        application_id.is_none_or(|id| audiences.iter().any(|audience| audience == id))
            && domain.trim_end_matches('/') == with_scheme(issuer).trim_end_matches('/')
    }
}

/// The `aud` of a token: one string, or a list.
fn audiences(claims: &Map<String, Json>) -> Vec<String> {
    match claims.get("aud") {
        Some(Json::String(audience)) => vec![audience.clone()],
        Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn with_scheme(issuer: &str) -> String {
    match issuer.starts_with("https://") || issuer.starts_with("http://") {
        true => issuer.to_owned(),
        false => format!("https://{issuer}"),
    }
}

impl fmt::Display for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oidc { domain, application_id } => {
                write!(f, "OIDC(domain={domain}, app_id={application_id})")
            }
            Self::CustomJwt { issuer, application_id } => {
                let application_id = application_id.as_deref().unwrap_or("none");
                write!(f, "CustomJWT(issuer={issuer}, app_id={application_id})")
            }
        }
    }
}
