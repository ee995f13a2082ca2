//! Tokens: whatever they say, the client reads it, times its fetches by it, and tells nothing of
//! the token itself.

use std::{fmt::Write as _, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use convex_sync::{AuthPolicy, AuthState, Claims, Session, Token, UnixMillis};
use serde_json::{Map, Value as Json, json};

use super::{PERSON, good_claims};
use crate::{
    deployment::Deployment,
    functions::Functions,
    identity::{Identity, Verifier},
    pair::{Config, FetchReply, FetchRequest, Pair, PairEvent, START},
    rejection::Rejection,
    value::Value,
};

/// What every token ends with, and must not be told.
const SIGNATURE: &str = "c2lnbmVkLWJ5LW5vYm9keQ";

/// The shortest payload that is looked for in what is told: a shorter one may be a word.
const SHORTEST: usize = 16;

const MAX_TOKENS: usize = 12;

/// How many fetches a world may see: hardly one a second for as long as it is awake.
const MAX_FETCHES: usize = 130;

/// Hands out the lines of the input as tokens, one after the other.
///
/// A line that begins with `{` is the claims of a JWT, any other is the token. The first may be
/// `@millis`: how far the client's clock is ahead. The deployment takes every token that is
/// somebody's, and quotes the others when it rejects them.
///
/// # Panics
///
/// Where the client does, where it fetches without pause, where any part of a token is told, or
/// where a good token does not sign in in the end.
pub fn claims(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines().take(MAX_TOKENS).peekable();
    let ahead = lines.next_if(|line| line.starts_with('@')).map_or(0, |line| line[1..].parse().unwrap_or(0));
    let tokens: Vec<String> = lines.map(token).collect();
    if tokens.iter().any(|token| is_told(&shown(token), &tokens)) {
        // The input knows what every token ends with, or another token, and says so in its claims:
        // they are no secret.
        return;
    }
    let mut pair = world(ahead, tokens.clone());
    live(&mut pair);
    let fetches = pair.fetches().len();
    assert!(fetches <= MAX_FETCHES, "{fetches} fetches:\n{}", pair.trace());
    let told = told(&pair);
    assert!(!is_told(&told, &tokens), "a part of a token is told: {told}");
    signs_in(&mut pair);
}

fn token(line: &str) -> String {
    if line.starts_with('{') { jwt(line) } else { format!("{line}{SIGNATURE}") }
}

fn jwt(claims: &str) -> String {
    format!("e30.{}.{SIGNATURE}", URL_SAFE_NO_PAD.encode(claims))
}

// ---- the world ----

/// Takes whoever a token says it is for.
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
    // What a clock can say at all, with room for the years that pass.
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
    pair.command(|client, now| client.set_session(now, Some(Session::signed_in(PERSON))));
    pair
}

/// A page's life: some work, a reconnect, a night's sleep, some more work.
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
        let token = jwt(&good_claims(at).to_string());
        FetchReply::After(Duration::from_millis(50), Ok(Some(Token::new(token))))
    });
    pair.command(|client, now| client.reauthenticate(now));
    pair.run_until(|pair| *pair.client.auth() == AuthState::Authenticated { refreshing: false });
}

// ---- what is told ----

/// All that the client said of itself, ever, and can be made to say.
fn told(pair: &Pair) -> String {
    let mut told = format!("{:?} {:?} {:?}", pair.client, pair.client.claims(), pair.outcomes());
    for (_, happening) in pair.events() {
        match happening {
            PairEvent::Auth(auth, problem) => {
                write!(told, " {auth:?} {problem:?}").expect("a String takes everything");
                if let AuthState::Unauthenticated { reason } = auth {
                    write!(told, " {reason}").expect("a String takes everything");
                }
            }
            PairEvent::Connection(connection) => {
                write!(told, " {connection:?}").expect("a String takes everything");
            }
            _ => {}
        }
    }
    told
}

/// What is shown of a token's claims.
fn shown(token: &str) -> String {
    Claims::read(token).map(|claims| format!("{claims} {claims:?}")).unwrap_or_default()
}

/// Whether a part of a token is in what is told: what every token ends with, or a JWT's payload.
/// Else a token may be made of words that are told anyway.
fn is_told(told: &str, tokens: &[String]) -> bool {
    let jwts = tokens.iter().filter(|token| Claims::read(token).is_some());
    let payloads = jwts.filter_map(|token| payload(token)).filter(|payload| payload.len() >= SHORTEST);
    payloads.chain([&SIGNATURE[..SHORTEST]]).any(|part| told.contains(part))
}
