//! The `claims` target: tokens. With any content, the client reads them, times its fetches by
//! them, and never outputs a part of a token.

use std::{fmt::Write as _, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use convex_sync::{AuthPolicy, AuthState, Claims, Session, Token, UnixMillis};
use serde_json::{Map, Value as Json, json};

use super::{USER, valid_claims};
use crate::{
    deployment::Deployment,
    functions::Functions,
    identity::{Identity, Verifier},
    pair::{Config, FetchReply, FetchRequest, Pair, PairEvent, START},
    rejection::Rejection,
    value::Value,
};

/// The suffix of every token, which must never appear in an output.
const SIGNATURE: &str = "c2lnbmVkLWJ5LW5vYm9keQ";

/// The shortest payload that is searched for in outputs: a shorter one may be a word.
const SHORTEST: usize = 16;

const MAX_TOKENS: usize = 12;

/// The largest number of token fetches in one run: hardly one a second while the page is awake.
const MAX_FETCHES: usize = 130;

/// Returns the lines of the input as tokens, one after another.
///
/// A line that begins with `{` is the claims of a JWT; any other line is the token. The first line
/// may be `@millis`: how far the client's clock is ahead. The deployment accepts every token with a
/// readable subject, and quotes the others when it rejects them.
///
/// # Panics
///
/// Panics if the client does, if it fetches without pause, if a part of a token appears in an
/// output, or if a valid token does not sign in at the end.
pub fn claims(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines().take(MAX_TOKENS).peekable();
    let ahead = lines.next_if(|line| line.starts_with('@')).map_or(0, |line| line[1..].parse().unwrap_or(0));
    let tokens: Vec<String> = lines.map(token).collect();
    if tokens.iter().any(|token| is_leaked(&claims_output(token), &tokens)) {
        // The input contains the suffix of the tokens, or another token, in its claims: they are
        // not secret then.
        return;
    }
    let mut pair = world(ahead, tokens.clone());
    live(&mut pair);
    let fetches = pair.fetches().len();
    assert!(fetches <= MAX_FETCHES, "{fetches} fetches:\n{}", pair.trace());
    let output = output(&pair);
    assert!(!is_leaked(&output, &tokens), "a part of a token is in the output: {output}");
    signs_in(&mut pair);
}

fn token(line: &str) -> String {
    if line.starts_with('{') { jwt(line) } else { format!("{line}{SIGNATURE}") }
}

fn jwt(claims: &str) -> String {
    format!("e30.{}.{SIGNATURE}", URL_SAFE_NO_PAD.encode(claims))
}

// ---- the world ----

/// Accepts the subject of every token.
struct Credulous;

impl Verifier for Credulous {
    fn verify(&self, token: &str, _: UnixMillis) -> Result<Identity, Rejection> {
        let claims = payload(token).and_then(|payload| {
            serde_json::from_slice::<Map<String, Json>>(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
        });
        let Some((claims, subject)) = claims.and_then(|claims| {
            let subject = claims.get("sub")?.as_str()?.to_owned();
            Some((claims, subject))
        }) else {
            return Err(Rejection::Other(format!("Could not verify token claim: {token}")));
        };
        let issuer = "https://issuer.example".to_owned();
        Ok(Identity { issuer, subject, claims, expires_at: UnixMillis(i64::MAX) })
    }
}

fn payload(token: &str) -> Option<&str> {
    token.split('.').nth(1)
}

fn world(ahead: i64, tokens: Vec<String>) -> Pair {
    let functions = Functions::new().query("people:me", |_, _| Ok(Value::Null));
    // The range of a clock, with room for the years that pass.
    let ahead = ahead.clamp(i64::MIN / 2, i64::MAX / 2);
    let mut pair =
        Pair::with_config(Deployment::new(functions, Credulous, START), Config::default(), ahead, 1);
    let mut next = tokens.into_iter();
    let mut last = next.next();
    pair.provide(move |_| {
        let token = last.clone();
        last = next.next().or(last.take());
        FetchReply::After(Duration::from_millis(50), Ok(token.map(Token::new)))
    });
    pair.subscribe("people:me", &json!({}), AuthPolicy::Required);
    pair.command(|client, now| client.set_session(now, Some(Session::signed_in(USER))));
    pair
}

/// The life of a page: some work, a reconnect, a night's sleep, some more work.
fn live(pair: &mut Pair) {
    let while_awake = Duration::from_secs(30);
    pair.run_for(while_awake);
    pair.cut();
    pair.run_for(while_awake / 2);
    pair.sleep(Duration::from_secs(10 * 3600));
    pair.run_for(while_awake);
    pair.command(|client, now| client.reauthenticate(now));
    pair.run_for(while_awake / 2);
}

fn signs_in(pair: &mut Pair) {
    pair.provide(|FetchRequest { at, .. }| {
        let token = jwt(&valid_claims(at).to_string());
        FetchReply::After(Duration::from_millis(50), Ok(Some(Token::new(token))))
    });
    pair.command(|client, now| client.reauthenticate(now));
    pair.run_until(|pair| *pair.client.auth() == AuthState::Authenticated { refreshing: false });
}

// ---- outputs ----

/// Everything that the client has reported, and everything that can be printed of it.
fn output(pair: &Pair) -> String {
    let mut output = format!("{:?} {:?} {:?}", pair.client, pair.client.claims(), pair.outcomes());
    for (_, event) in pair.events() {
        match event {
            PairEvent::Auth(auth, problem) => {
                write!(output, " {auth:?} {problem:?}").expect("writing to a String succeeds");
                if let AuthState::Unauthenticated { reason } = auth {
                    write!(output, " {reason}").expect("writing to a String succeeds");
                }
            }
            PairEvent::Connection(connection) => {
                write!(output, " {connection:?}").expect("writing to a String succeeds");
            }
            _ => {}
        }
    }
    output
}

/// The output for a token's claims.
fn claims_output(token: &str) -> String {
    Claims::read(token).map(|claims| format!("{claims} {claims:?}")).unwrap_or_default()
}

/// Whether a part of a token appears in an output: the suffix of every token, or the payload of a
/// JWT. Other parts may be words that appear anyway.
fn is_leaked(output: &str, tokens: &[String]) -> bool {
    let jwts = tokens.iter().filter(|token| Claims::read(token).is_some());
    let payloads = jwts.filter_map(|token| payload(token)).filter(|payload| payload.len() >= SHORTEST);
    payloads.chain([&SIGNATURE[..SHORTEST]]).any(|part| output.contains(part))
}
