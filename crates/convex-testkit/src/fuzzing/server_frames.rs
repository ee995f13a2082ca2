//! Frames from the server: whatever comes, the client stands it, holds no more than came, and gets
//! well with the next good connection.

use std::time::Duration;

use convex_sync::{AuthState, ConnectionState, Input, SyncClient, Token, UnixMillis};
use serde_json::json;

use super::{
    PERSON, good_claims,
    hand_fed::{HandFed, QUERIES},
    memory,
};
use crate::{
    deployment::Deployment,
    functions::{Args, FunctionResult, Functions, QueryCtx},
    identity::TestIssuer,
    pair::{FetchReply, FetchRequest, Pair, START},
    value::Value,
};

/// How much may happen.
const MAX_LINES: usize = 200;

/// How much time passes, at most: the deployment's ends in 2262.
const CENTURY: Duration = Duration::from_secs(36_525 * 24 * 60 * 60);

/// How many bytes may be held for a byte that came, and for a line. A result is held as it came,
/// the parts of a transition in a buffer that doubles; a line may be the order to call two
/// requests.
const HELD_A_BYTE: isize = 4;
const HELD_A_LINE: isize = 2 * 1024;

/// How many bytes more may be needed for a while, by all that came and by a line: the least
/// modification is a few bytes of text, and some hundred once it is read, be it from a frame or
/// from several; a line may make the client ask for everything anew.
const NEEDED_A_BYTE: isize = 256;
const NEEDED_A_LINE: isize = 12 * 1024;

/// Feeds the lines of the input to a client that has asked for everything.
///
/// A line is a frame, but for a few orders: `~reason` closes the socket, `+millis` lets time pass,
/// `^millis` wakes the page up with that on its wall clock, and `!` calls two more requests.
///
/// # Panics
///
/// Where the client does, runs in circles, stops waiting for anything, sends what no server can
/// read, settles a request twice, prints a token, holds more than it was fed, or does not get well.
pub fn server_frames(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let before = memory::held();
    let mut fed = HandFed::new();
    let mut may_hold = memory::held() - before;
    let mut may_need = NEEDED_A_LINE;
    for line in text.lines().take(MAX_LINES) {
        let length = line.len().cast_signed();
        may_hold += HELD_A_LINE + HELD_A_BYTE * length;
        may_need += NEEDED_A_BYTE * length;
        let ((), needs) = memory::peak_of(|| feed(&mut fed, line));
        assert!(needs <= may_hold + may_need, "{needs} bytes are needed, and {} may be", may_hold + may_need);
        let holds = memory::held() - before;
        assert!(holds <= may_hold, "{holds} bytes are held, and {may_hold} may be");
    }
    let told = format!("{:?}", fed.client);
    assert!(!fed.payloads.iter().any(|payload| told.contains(payload)), "a token is told: {told}");
    if !fed.is_over() {
        gets_well(fed);
    }
}

fn feed(fed: &mut HandFed, line: &str) {
    match line.split_at_checked(1) {
        Some(("~", reason)) => fed.close(reason),
        Some(("+", millis)) => {
            let left = CENTURY.saturating_sub(fed.now.since_start());
            fed.pass(Duration::from_millis(millis.parse().unwrap_or(1000)).min(left));
        }
        Some(("^", millis)) => fed.wake(UnixMillis(millis.parse().unwrap_or(START.0))),
        Some(("!", _)) => fed.request(),
        _ => fed.hear(line),
    }
}

/// With a deployment that is well, and the network up, everything comes about that the client
/// wants.
fn gets_well(fed: HandFed) {
    let HandFed { client, now, issuer, queries, socket, .. } = fed;
    let mut pair = Pair::new(Deployment::new(functions(), issuer.clone(), START));
    pair.sleep(now.since_start());
    pair.provide(move |request| fresh(&issuer, request));
    pair.client = client;
    pair.command(|client, now| {
        if let Some(socket) = socket {
            client.handle(now, Input::Closed { socket, code: 1006, reason: "" });
        }
        client.reauthenticate(now);
    });
    pair.wake();
    let is_shown = |pair: &Pair| {
        let shows = |query| pair.result(query) == Some(Ok(json!(PERSON)));
        queries.iter().all(|query| shows(*query))
    };
    pair.run_until(|pair| is_well(&pair.client) && is_shown(pair));
}

fn is_well(client: &SyncClient) -> bool {
    *client.connection() == ConnectionState::Live
        && *client.auth() == AuthState::Authenticated { refreshing: false }
        && client.in_flight().count() == 0
}

fn fresh(issuer: &TestIssuer, request: FetchRequest) -> FetchReply {
    let token = issuer.token_with(good_claims(request.at));
    FetchReply::After(Duration::from_millis(50), Ok(Some(Token::new(token))))
}

fn functions() -> Functions {
    let functions =
        QUERIES.iter().fold(Functions::new(), |functions, (path, _)| functions.query(path, who_asks));
    functions.mutation("notes:add", |_, _| Ok(Value::Null)).action("notes:ponder", |_, _| Ok(Value::Null))
}

fn who_asks(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    Ok(ctx.identity().map_or(Value::Null, |identity| Value::from(identity.subject.as_str())))
}
