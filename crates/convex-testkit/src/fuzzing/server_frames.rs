//! The `server_frames` target: frames from the server. On any input, the client does not panic,
//! holds no more memory than it received, and recovers on the next healthy connection.

use std::time::Duration;

use convex_sync::{AuthState, ConnectionState, Input, SyncClient, Token, UnixMillis};
use serde_json::json;

use super::{
    USER,
    fuzzed_client::{FuzzedClient, QUERIES},
    memory, valid_claims,
};
use crate::{
    deployment::Deployment,
    functions::{Args, FunctionResult, Functions, QueryCtx},
    identity::TestIssuer,
    pair::{FetchReply, FetchRequest, Pair, START},
    value::Value,
};

/// How many lines are read.
const MAX_LINES: usize = 200;

/// The limit of the time that passes: the deployment's clock ends in 2262.
const CENTURY: Duration = Duration::from_secs(36_525 * 24 * 60 * 60);

/// How many bytes may be held for each received byte, and for each line. A result is held as
/// received, the parts of a transition in a buffer that doubles, and a line may be the command to
/// call two requests.
const HELD_A_BYTE: isize = 4;
const HELD_A_LINE: isize = 2 * 1024;

/// How many more bytes may be needed temporarily, for each received byte and for a line: the
/// smallest modification is a few bytes of text and some hundred bytes once parsed, from one frame
/// or several; a line may make the client subscribe again to everything.
const NEEDED_A_BYTE: isize = 256;
const NEEDED_A_LINE: isize = 12 * 1024;

/// Passes the lines of the input to a client with subscriptions and pending requests.
///
/// A line is a frame, except for a few commands: `~reason` closes the socket, `+millis` lets time
/// pass, `^millis` wakes the page up with that on its wall clock, and `!` calls two more requests.
///
/// # Panics
///
/// Panics if the client does, loops, has no timer, sends an invalid frame, settles a request twice,
/// prints a token, holds more memory than it received, or does not recover.
pub fn server_frames(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let before = memory::allocated();
    let mut fed = FuzzedClient::new();
    let mut may_hold = memory::allocated() - before;
    let mut may_need = NEEDED_A_LINE;
    for line in text.lines().take(MAX_LINES) {
        let length = line.len().cast_signed();
        may_hold += HELD_A_LINE + HELD_A_BYTE * length;
        may_need += NEEDED_A_BYTE * length;
        let ((), needs) = memory::peak_of(|| feed(&mut fed, line));
        assert!(
            needs <= may_hold + may_need,
            "{needs} bytes are needed, the limit is {}",
            may_hold + may_need
        );
        let holds = memory::allocated() - before;
        assert!(holds <= may_hold, "{holds} bytes are held, the limit is {may_hold}");
    }
    let output = format!("{:?}", fed.client);
    assert!(!fed.payloads.iter().any(|payload| output.contains(payload)), "a token is printed: {output}");
    if !fed.is_stopped() {
        check_recovery(fed);
    }
}

fn feed(fed: &mut FuzzedClient, line: &str) {
    match line.split_at_checked(1) {
        Some(("~", reason)) => fed.close(reason),
        Some(("+", millis)) => {
            let left = CENTURY.saturating_sub(fed.now.since_start());
            fed.pass(Duration::from_millis(millis.parse().unwrap_or(1000)).min(left));
        }
        Some(("^", millis)) => fed.wake(UnixMillis(millis.parse().unwrap_or(START.0))),
        Some(("!", _)) => fed.request(),
        _ => fed.receive(line),
    }
}

/// With a healthy deployment and network, the client recovers: every query has its result.
fn check_recovery(fed: FuzzedClient) {
    let FuzzedClient { client, now, issuer, queries, socket, .. } = fed;
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
    let has_results = |pair: &Pair| {
        let shows = |query| pair.result(query) == Some(Ok(json!(USER)));
        queries.iter().all(|query| shows(*query))
    };
    pair.run_until(|pair| is_recovered(&pair.client) && has_results(pair));
}

fn is_recovered(client: &SyncClient) -> bool {
    *client.connection() == ConnectionState::Live
        && *client.auth() == AuthState::Authenticated { refreshing: false }
        && client.in_flight().count() == 0
}

fn fresh(issuer: &TestIssuer, request: FetchRequest) -> FetchReply {
    let token = issuer.token_with(valid_claims(request.at));
    FetchReply::After(Duration::from_millis(50), Ok(Some(Token::new(token))))
}

fn functions() -> Functions {
    let functions =
        QUERIES.iter().fold(Functions::new(), |functions, (path, _)| functions.query(path, caller));
    functions.mutation("notes:add", |_, _| Ok(Value::Null)).action("notes:ponder", |_, _| Ok(Value::Null))
}

fn caller(ctx: &mut QueryCtx<'_>, _: &Args) -> FunctionResult {
    Ok(ctx.identity().map_or(Value::Null, |identity| Value::from(identity.subject.as_str())))
}
