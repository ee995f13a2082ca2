//! Steps of authentication, among 10 to 1,000 queries.

mod growth;

use convex_testkit::{Canned, TestIssuer, canned::seconds_later};
use criterion::BatchSize;
use growth::Growth;

const QUERIES: &[usize] = &[10, 100, 1_000];

fn main() {
    Growth::new()
        .measure("token-replaced", QUERIES, |bencher, count| {
            let next = token(30);
            let before_refresh = || {
                let mut canned = signed_in(count);
                canned.wait_for_refresh();
                canned
            };
            let replace = |canned: &mut Canned| {
                canned.bring_token(&next);
                let confirmation = canned.answer([], "");
                canned.receive(&confirmation)
            };
            bencher.iter_batched_ref(before_refresh, replace, BatchSize::PerIteration);
        })
        .measure("reconnected-signed-in", QUERIES, |bencher, count| {
            let mut canned = signed_in(count);
            bencher.iter(|| canned.reconnect());
        })
        .measure("signed-out", QUERIES, |bencher, count| {
            bencher.iter_batched_ref(|| signed_in(count), Canned::sign_out, BatchSize::PerIteration);
        })
        .print();
}

fn signed_in(queries: usize) -> Canned {
    let mut canned = Canned::live(queries);
    canned.sign_in("alice");
    canned.bring_token(&token(0));
    let confirmation = canned.answer([], "");
    canned.receive(&confirmation);
    canned
}

fn token(from: i64) -> String {
    TestIssuer::new("https://issuer.example", "convex").token(
        "alice",
        seconds_later(from),
        seconds_later(from + 30),
    )
}
