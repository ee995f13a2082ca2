//! Identities from a cookie that contains the token.

use crate::{assert_no_secret, in_seconds, jwt, request};
use axum::http::{HeaderValue, Uri, request::Parts};
use convex_leptos::{ConvexRequestLayer, IdentifyRequest, RequestIdentity, TokenError, cookie_jwt};
use serde_json::{Value, json};

fn clerk() -> impl IdentifyRequest {
    cookie_jwt("__session", |claims| Some(format!("{}:{}", claims["sid"].as_str()?, claims["sub"].as_str()?)))
}

async fn identify(cookies: &str) -> Result<RequestIdentity, TokenError> {
    clerk().identify(&request([cookies])).await.map(|identified| identified.identity)
}

async fn reason(cookies: &str) -> String {
    let reason = identify(cookies).await.expect_err("no identity").reason.to_string();
    assert_no_secret(&reason);
    reason
}

fn ada(audience: Value) -> String {
    jwt(&json!({"sid": "s1", "sub": "u1", "aud": audience}))
}

#[tokio::test]
async fn the_cookie_is_the_token_of_its_user() {
    for audience in [json!("convex"), json!(["other", "convex"])] {
        let token = ada(audience);
        let user = RequestIdentity::user("s1:u1", &*token);
        assert_eq!(identify(&format!("a=1; __session={token}; b=2")).await, Ok(user.clone()));
        assert_eq!(identify(&format!("__session=\"{token}\"")).await, Ok(user.clone()), "quoted");
        assert_eq!(identify(&format!("__session={token}; __session=second")).await, Ok(user));
    }
}

#[tokio::test]
async fn without_the_cookie_the_request_is_anonymous() {
    for cookies in
        ["", "__session=", "__session=\"\"", "__session_x=a.b.c", "session=a.b.c", "__SESSION=a.b.c"]
    {
        assert_eq!(identify(cookies).await, Ok(RequestIdentity::Anonymous), "{cookies}");
    }
}

#[tokio::test]
async fn a_token_for_another_audience_gives_an_error() {
    let expected = "the cookie `__session` is no token for the audience `convex`; enable the Convex integration of \
                    the auth service";
    for audience in [Value::Null, json!("other"), json!([]), json!(["other", 1]), json!("convex2")] {
        assert_eq!(reason(&format!("__session={}", ada(audience))).await, expected);
    }
}

#[tokio::test]
async fn another_audience_can_be_expected() {
    let sessions =
        cookie_jwt("token", |claims| Some(claims["sid"].as_str()?.to_owned())).with_audience("my-app");
    let token = ada(json!("my-app"));
    let identified = sessions.identify(&request([&*format!("token={token}")])).await.expect("an identity");
    assert_eq!(identified.identity, RequestIdentity::user("s1", token));
    assert_eq!(format!("{sessions:?}"), r#"CookieJwt { name: "token", audience: "my-app", .. }"#);
}

#[tokio::test]
async fn a_sealed_cookie_gives_an_error() {
    for value in
        ["TOKEN-SECRET", "Fe26.2**TOKEN-SECRET", "a.TOKEN-SECRET.c", "e30.bm8.TOKEN-SECRET", "a.b.c.d"]
    {
        assert_eq!(reason(&format!("__session={value}")).await, "the cookie `__session` is not a JWT");
    }
}

#[tokio::test]
async fn missing_claims_of_the_session_key_give_an_error() {
    let token = jwt(&json!({"sub": "u1", "aud": "convex"}));
    let expected = "the cookie `__session` does not have the claims of the session key";
    assert_eq!(reason(&format!("__session={token}")).await, expected);
}

#[tokio::test]
async fn an_expired_cookie_gives_an_unknown_identity() {
    let layer = ConvexRequestLayer::new(clerk());
    for (expires_in, is_user) in [(-1, false), (0, false), (60, true)] {
        let claims = json!({"sid": "s1", "sub": "u1", "aud": "convex", "exp": in_seconds(expires_in)});
        let cookie = format!("__session={}", jwt(&claims));
        let identity = layer.identify(&request([&*cookie])).await.identity;
        assert_eq!(matches!(identity, RequestIdentity::User { .. }), is_user, "{expires_in}");
        assert_eq!(identity == RequestIdentity::Unknown, !is_user, "{expires_in}");
    }
}

/// A request to `host`, which is in the URI with HTTP/2 and in a header with HTTP/1.
fn requests_to(host: &str, cookie: &str) -> [Parts; 2] {
    let (mut http1, mut http2) = (request([cookie]), request([cookie]));
    http1.headers.insert("host", HeaderValue::from_str(host).expect("a host"));
    http2.uri = format!("https://{host}/").parse::<Uri>().expect("a URI");
    [http1, http2]
}

#[tokio::test]
async fn only_localhost_may_omit_the_host_prefix() {
    let auth = cookie_jwt("__Host-__convexAuthJWT", |claims| Some(claims["sid"].as_str()?.to_owned()));
    let token = ada(json!("convex"));
    for (host, cookie, is_user) in [
        ("app.test", "__Host-__convexAuthJWT", true),
        ("app.test", "__convexAuthJWT", false),
        ("app.test:8080", "__convexAuthJWT", false),
        ("localhost.app.test", "__convexAuthJWT", false),
        ("localhost:3000", "__convexAuthJWT", true),
        ("localhost", "__convexAuthJWT", true),
        ("127.0.0.1:3000", "__convexAuthJWT", true),
        ("[::1]:3000", "__convexAuthJWT", true),
        ("localhost:3000", "__Host-__convexAuthJWT", true),
    ] {
        for request in requests_to(host, &format!("{cookie}={token}")) {
            let identity = auth.identify(&request).await.expect("an identity").identity;
            assert_eq!(matches!(identity, RequestIdentity::User { .. }), is_user, "{host} {cookie}");
        }
    }
    let without_host = request([&*format!("__convexAuthJWT={token}")]);
    assert_eq!(auth.identify(&without_host).await.expect("an identity").identity, RequestIdentity::Anonymous);
}
