//! Signing in, sessions that survive a reload, and tokens that anyone can verify.

mod support;

use convex_dev_server::Options;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::{Method, StatusCode, header::SET_COOKIE};
use serde_json::{Value as Json, json};
use support::Setup;

#[tokio::test]
async fn new_browsers_are_signed_out() {
    let setup = Setup::new().await;
    assert_eq!(setup.get("/api/auth/get-session").await.text().await.unwrap(), "null");
    let refused = setup.get("/api/auth/convex/token").await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "UNAUTHORIZED");
}

#[tokio::test]
async fn a_session_survives_a_reload_and_ends_with_sign_out() {
    let setup = Setup::with_alice().await;
    // Only the cookie survives a reload.
    let session: Json = setup.get("/api/auth/get-session").await.json().await.unwrap();
    assert_eq!(session["user"]["email"], "alice@example.com");
    assert_eq!(session["user"]["name"], "Alice");
    assert_eq!(session["session"]["userId"], session["user"]["id"]);
    let again: Json = setup.get("/api/auth/get-session").await.json().await.unwrap();
    assert_eq!(session, again);

    assert_eq!(setup.post("/api/auth/sign-out", json!({})).await.status(), StatusCode::OK);
    assert_eq!(setup.get("/api/auth/get-session").await.text().await.unwrap(), "null");
    assert_eq!(setup.get("/api/auth/convex/token").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_stored_cookie_of_an_ended_session_is_refused() {
    let setup = Setup::new().await;
    let credentials = json!({ "email": "bob@example.com", "password": "bob-demo" });
    let signed_in = setup.post("/api/auth/sign-in/email", credentials).await;
    let cookie = signed_in.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    setup.post("/api/auth/sign-out", json!({})).await;

    let replayed = setup.request(Method::GET, "/api/auth/get-session").header("cookie", cookie);
    assert_eq!(replayed.send().await.unwrap().text().await.unwrap(), "null");
}

#[tokio::test]
async fn the_cookie_is_http_only() {
    let setup = Setup::new().await;
    let sign_in = async |body| {
        let answer = setup.post("/api/auth/sign-in/email", body).await;
        answer.headers()[SET_COOKIE].to_str().unwrap().to_owned()
    };
    let credentials = json!({ "email": "alice@example.com", "password": "alice-demo" });
    let cookie = sign_in(credentials.clone()).await;
    assert!(cookie.starts_with("better-auth.session_token="), "{cookie}");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age="),
        "{cookie}"
    );

    let mut forgetful = credentials;
    forgetful["rememberMe"] = json!(false);
    assert!(!sign_in(forgetful).await.contains("Max-Age="));
}

#[tokio::test]
async fn wrong_password_and_malformed_body_are_refused() {
    let setup = Setup::new().await;
    let wrong = json!({ "email": "alice@example.com", "password": "bob-demo" });
    let refused = setup.post("/api/auth/sign-in/email", wrong).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json::<Json>().await.unwrap()["message"], "Invalid email or password");

    let refused = setup.post("/api/auth/sign-in/email", json!({ "email": 1 })).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "INVALID_BODY");
}

#[tokio::test]
async fn tokens_verify_against_the_discovered_keys() {
    let setup = Setup::with(Options { token_lifetime: 90, ..Options::on_a_free_port() }).await;
    setup.sign_in("alice").await;
    let token = setup.token().await;

    for root in ["", "/api/auth/convex"] {
        let path = format!("{root}/.well-known/openid-configuration");
        let discovery: Json = setup.get(&path).await.json().await.unwrap();
        assert_eq!(discovery["issuer"], setup.server.url());
        let keys_at = discovery["jwks_uri"].as_str().unwrap();
        let keys: JwkSet = setup.browser.get(keys_at).send().await.unwrap().json().await.unwrap();

        let key_id = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
        let key = DecodingKey::from_jwk(keys.find(&key_id).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["convex"]);
        validation.set_issuer(&[setup.server.url()]);
        let claims = jsonwebtoken::decode::<Json>(&token, &key, &validation).unwrap().claims;
        assert_eq!((&claims["sub"], &claims["name"]), (&json!("user_alice"), &json!("Alice")));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 90);
        let session: Json = setup.get("/api/auth/get-session").await.json().await.unwrap();
        assert_eq!(claims["sessionId"], session["session"]["id"]);
    }
}

#[tokio::test]
async fn every_token_is_unique() {
    let setup = Setup::with_alice().await;
    assert_ne!(setup.token().await, setup.token().await);
}

#[tokio::test]
async fn other_origins_may_call_with_cookies() {
    let setup = Setup::new().await;
    let preflight = setup
        .request(Method::OPTIONS, "/api/auth/sign-in/email")
        .header("origin", "http://localhost:8080")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let allowed = preflight.send().await.unwrap();
    let header = |name: &str| allowed.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("access-control-allow-origin"), "http://localhost:8080");
    assert_eq!(header("access-control-allow-credentials"), "true");
    assert_eq!(header("access-control-allow-headers"), "content-type");
}
