//! Rejected tokens have the backend's messages (docs/protocol.md, §9.6).

use std::time::Duration;

use convex_testkit::{FunctionKind, HttpRequest, ProviderConfig, Rejection};
use serde_json::{Value as Json, json};

use crate::harness::*;

const URL: &str = "https://issuer.example/jwks";

fn providers() -> Vec<ProviderConfig> {
    vec![
        ProviderConfig::Oidc { domain: "https://a.example".into(), application_id: "web".into() },
        ProviderConfig::CustomJwt { issuer: "https://b.example".into(), application_id: None },
    ]
}

fn http(harness: &mut Harness, token: &str) -> (u16, Json) {
    let body = json!({ "path": "users:me", "args": {}, "format": "convex_encoded_json" }).to_string();
    let bearer = format!("Bearer {token}");
    let request = HttpRequest {
        authorization: Some(bearer.as_bytes()),
        ..HttpRequest::new(FunctionKind::Query, &body)
    };
    let reply = harness.deployment.http(harness.now, &request);
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

#[rstest::rstest]
#[case(Rejection::NotAJwt, "InvalidAuthHeader", "Could not parse JWT payload")]
#[case(Rejection::NoIssuer, "InvalidAuthHeader", "Missing issuer claim ('iss')")]
#[case(
    Rejection::NoProvider(vec![]),
    "NoAuthProvider",
    "No auth provider found matching the given token (no providers configured). Check convex/auth.config.ts."
)]
#[case(
    Rejection::NoProvider(providers()),
    "NoAuthProvider",
    "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your \
     configured providers: [OIDC(domain=https://a.example, app_id=web), \
     CustomJWT(issuer=https://b.example, app_id=none)]"
)]
#[case(
    Rejection::discovery(None),
    "AuthProviderDiscoveryFailed",
    "Auth provider discovery of https://issuer.example failed"
)]
#[case(Rejection::NotOidc, "InvalidAuthHeader", "Could not parse as OIDC ID token")]
#[case(Rejection::OidcClaims, "Unauthenticated", "Could not verify OIDC token claim")]
#[case(
    Rejection::KeySet { url: URL.into(), status: Some(503) },
    "InvalidAuthHeader",
    "Could not fetch JWKS from URL 'https://issuer.example/jwks': HTTP 503 Service Unavailable"
)]
#[case(
    Rejection::key_set_unreachable(),
    "InvalidAuthHeader",
    "Could not fetch JWKS from URL 'https://issuer.example/.well-known/jwks.json': "
)]
#[case(
    Rejection::KeySetContentType { url: URL.into(), content_type: "text/html".into() },
    "InvalidAuthHeader",
    "Invalid Content-Type 'text/html' when fetching JWKS"
)]
#[case(Rejection::KeySetBody { url: URL.into() }, "InvalidAuthHeader", "Invalid JWKS response body")]
#[case(Rejection::KeySetDataUrl, "InvalidAuthHeader", "Invalid JWKS data URL")]
#[case(
    Rejection::UnknownKey { kid: "k1".into() },
    "InvalidAuthHeader",
    "Could not decode token. The JWT's 'kid' (key ID) header is 'k1'"
)]
#[case(Rejection::NoKeyId, "InvalidAuthHeader", "Could not decode token. JWT may be missing a 'kid'")]
#[case(
    Rejection::WrongIssuer { issuer: "https://c.example".into(), expected: "https://b.example".into() },
    "InvalidAuthHeader",
    "Invalid issuer: https://c.example != https://b.example"
)]
#[case(Rejection::NoAudience, "InvalidAuthHeader", "Missing audience claim ('aud')")]
#[case(
    Rejection::WrongAudience { audiences: vec!["x".into()], expected: "web".into() },
    "InvalidAuthHeader",
    "Invalid audience: web not in [\"x\"]"
)]
#[case(Rejection::Expired(7), "InvalidAuthHeader", "Could not validate token: Token expired 7 seconds ago")]
#[case(
    Rejection::NotYetValid(7),
    "InvalidAuthHeader",
    "Could not validate token: Token will be valid in 7 seconds"
)]
#[case(Rejection::Claims, "InvalidAuthHeader", "Could not verify token claim")]
#[case(Rejection::AdminKey, "BadAdminKey", "The provided admin key was invalid")]
fn a_rejection_has_the_backends_text_and_code(
    #[case] rejection: Rejection,
    #[case] code: &str,
    #[case] text: &str,
) {
    let mut harness = Harness::new();
    harness.deployment.reject_all_tokens(Some(rejection));
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    let error = harness.frame(client);
    assert_eq!((&error["type"], &error["authUpdateAttempted"]), (&json!("AuthError"), &json!(true)));
    assert!(error["error"].as_str().unwrap().starts_with(text), "{error}");
    assert_eq!(harness.end(client), Some((None, String::new())));

    let (status, body) = http(&mut harness, &token("alice", HOUR));
    assert_eq!((status, &body["code"], &body["message"]), (status, &json!(code), &error["error"]));
    assert_eq!(status, if code == "AuthProviderDiscoveryFailed" { 400 } else { 401 });
}

#[rstest::rstest]
#[case::bad_request(400, 400)]
#[case::gone(410, 400)]
#[case::unauthorized(401, 401)]
#[case::forbidden(403, 403)]
fn a_discovery_answered_with_4xx_is_a_rejection(#[case] discovery: u16, #[case] status: u16) {
    let mut harness = Harness::new();
    harness.deployment.reject_all_tokens(Some(Rejection::discovery(Some(discovery))));
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(harness.frame(client)["authUpdateAttempted"], true);
    assert_eq!(http(&mut harness, &token("alice", HOUR)).0, status);
}

#[rstest::rstest]
#[case(404, 1000, 404)]
#[case(421, 1013, 421)]
#[case(425, 1013, 425)]
#[case(429, 1013, 429)]
#[case(500, 1013, 503)]
#[case(502, 1013, 503)]
fn some_failed_discoveries_close_without_a_message(
    #[case] discovery: u16,
    #[case] close: u16,
    #[case] status: u16,
) {
    let mut harness = Harness::new();
    harness.deployment.reject_all_tokens(Some(Rejection::discovery(Some(discovery))));
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert!(harness.frames(client).is_empty());
    assert_eq!(harness.end(client), Some((Some(close), "AuthProviderDiscoveryFailed".to_owned())));
    let (answered, body) = http(&mut harness, &token("alice", HOUR));
    assert_eq!((answered, &body["code"]), (status, &json!("AuthProviderDiscoveryFailed")));
}

#[test]
fn tokens_are_rejected_until_the_key_set_is_reachable() {
    let mut harness = Harness::new();
    let reachable = harness.now + Duration::from_secs(10);
    harness.deployment.reject_tokens_until(reachable, Rejection::key_set_unreachable());
    for _ in 0..3 {
        let client = harness.connect();
        harness.send(client, authenticate(0, &token("alice", HOUR)));
        let error = harness.frame(client);
        assert!(error["error"].as_str().unwrap().starts_with("Could not fetch JWKS"), "{error}");
        harness.now = harness.now + Duration::from_secs(3);
    }
    harness.now = reachable;
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(harness.frame(client)["type"], "Transition");
}

#[rstest::rstest]
#[case(Rejection::NoProvider(providers()), "No auth provider found matching the given token")]
#[case(
    Rejection::UnknownKey { kid: "k1".into() },
    "Could not decode token. The JWT's 'kid' (key ID) header doesn't match any key in the provider's JWKS, or the \
     JWT signature is invalid."
)]
fn redaction_shortens_two_rejection_texts(#[case] rejection: Rejection, #[case] text: &str) {
    let mut harness = Harness::new();
    harness.deployment.set_redacts(true);
    harness.deployment.reject_all_tokens(Some(rejection));
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(harness.frame(client)["error"], text);
    assert_eq!(http(&mut harness, &token("alice", HOUR)).1["message"], text);
}

#[test]
fn an_admin_key_of_another_deployment_is_rejected() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(
        client,
        json!({ "type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "other|key" }),
    );
    let error = harness.frame(client);
    assert_eq!(error["error"], "The provided admin key was invalid for this instance");
    assert_eq!(error["authUpdateAttempted"], true);
}

#[test]
fn a_token_accepted_within_the_leeway_expires_at_the_next_check() {
    let mut harness = Harness::new();
    harness.now = harness.now + (HOUR + Duration::from_secs(3));
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    let error = harness.frame(client);
    assert_eq!(error["error"], "Convex token identity expired");
    assert_eq!((&error["authUpdateAttempted"], &error["baseVersion"]), (&json!(false), &json!(0)));
}
