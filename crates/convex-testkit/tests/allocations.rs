//! The client's allocations per step. They are counted, not timed, so that the result is the same
//! on any machine.
//!
//! A budget is the figure of the last review. If a step exceeds it, something new is copied or
//! built; if that is intended, raise the budget.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use allocation_counter::{AllocationInfo, measure};
use convex_sync::{AuthState, EncodedValue, LocalStore, OptimisticError, RequestOptions, SyncClient, Time};
use convex_testkit::{
    Canned, TestIssuer,
    canned::{CannedDocument, call, documents, seconds_later},
};
use std::hint::black_box;

/// The most that a step may allocate.
#[derive(Debug)]
struct AllocationBudget {
    allocations: u64,
    bytes: u64,
}

impl AllocationBudget {
    /// The budget of `count` such steps. The lists that hold the results double their capacity as
    /// they grow, which takes up to 50 allocations more.
    fn times(&self, count: usize) -> Self {
        let count = u64::try_from(count).unwrap();
        Self { allocations: self.allocations * count + 50, bytes: self.bytes * count }
    }

    #[track_caller]
    fn holds(&self, step: &str, counted: &AllocationInfo) {
        let (allocations, bytes) = (counted.count_total, counted.bytes_total);
        println!("{step}: {allocations} allocations, {bytes} bytes");
        assert!(
            allocations <= self.allocations && bytes <= self.bytes,
            "{step}: {counted:?} exceeds {self:?}"
        );
    }
}

/// The allocations of receiving the first frame, after both were received once to grow all buffers.
fn received(canned: &mut Canned, frames: [&str; 2]) -> AllocationInfo {
    for frame in frames {
        canned.receive(frame);
    }
    measure(|| drop(black_box(canned.receive(frames[0]))))
}

#[test]
fn one_changed_query_costs_the_same_at_any_number_of_queries() {
    const BUDGET: AllocationBudget = AllocationBudget { allocations: 6, bytes: 1_096 };
    for count in [10, 100, 1_000, 10_000] {
        let mut canned = Canned::live(count);
        let frames = ["1", "2"].map(|result| canned.transition([count / 2], result));
        let counted = received(&mut canned, [&frames[0], &frames[1]]);
        BUDGET.holds(&format!("one of {count} changed"), &counted);
    }
}

#[test]
fn cost_of_changed_queries_is_linear() {
    const EACH: AllocationBudget = AllocationBudget { allocations: 1, bytes: 723 };
    for count in [10, 100, 1_000, 10_000] {
        let mut canned = Canned::live(count);
        let frames = ["1", "2"].map(|result| canned.transition(0..count, result));
        let counted = received(&mut canned, [&frames[0], &frames[1]]);
        EACH.times(count).holds(&format!("all of {count} changed"), &counted);
    }
}

#[test]
fn one_megabyte_result_is_copied_once() {
    let mut canned = Canned::live(1);
    let results = [5_000, 4_999].map(documents);
    let frames = results.each_ref().map(|result| canned.transition([0], result));
    let counted = received(&mut canned, [&frames[0], &frames[1]]);
    AllocationBudget { allocations: 7, bytes: 1_018_320 }.holds("a result of 1 MB received", &counted);
    assert!((950_000..1_050_000).contains(&results[0].len()), "{}", results[0].len());
}

#[test]
fn decoding_documents_allocates_only_their_strings() {
    const COUNT: usize = 5_000;
    let value =
        EncodedValue::encode(&serde_json::from_str::<serde_json::Value>(&documents(COUNT)).unwrap()).unwrap();
    let counted = measure(|| drop(black_box(value.decode::<Vec<CannedDocument>>().unwrap())));
    AllocationBudget { allocations: 15_012, bytes: 1_986_440 }.holds("5,000 documents decoded", &counted);
}

#[test]
fn optimistic_update_costs_the_same_at_any_number_of_layers() {
    const BUDGET: AllocationBudget = AllocationBudget { allocations: 25, bytes: 3_747 };
    // The first layer allocates the lists that hold layers.
    for layers in [1, 10, 100] {
        let mut canned = Canned::live(10);
        for _ in 0..layers {
            mutate(&mut canned.client);
            canned.turn();
        }
        let counted = measure(|| {
            mutate(&mut canned.client);
            canned.turn();
        });
        BUDGET.holds(&format!("a mutation over {layers} layers"), &counted);
    }
}

/// Calls a mutation with an optimistic update that adds one to the first query.
fn mutate(client: &mut SyncClient) {
    let (query, args) = call(0);
    let one_more = {
        let (query, args) = (query.clone(), args.clone());
        move |store: &mut LocalStore<'_>| {
            let current: f64 = store.get(&query, &args).map_or(Ok(0.0), EncodedValue::decode)?;
            store.set(&query, &args, EncodedValue::encode(&(current + 1.0))?);
            Ok::<_, OptimisticError>(())
        }
    };
    client.mutate_optimistically(Time::ZERO, query, args, RequestOptions::default(), one_more);
}

#[test]
fn cost_of_subscriptions_is_linear() {
    const EACH: AllocationBudget = AllocationBudget { allocations: 15, bytes: 2_960 };
    for count in [10, 100, 1_000, 10_000] {
        let mut canned = Canned::connected();
        let counted = measure(|| drop(black_box(canned.subscribe(count))));
        EACH.times(count).holds(&format!("{count} subscribed"), &counted);
    }
}

#[test]
fn ping_allocates_nothing() {
    let mut canned = Canned::live(1_000);
    let ping = r#"{"type":"Ping"}"#;
    let counted = received(&mut canned, [ping, ping]);
    AllocationBudget { allocations: 0, bytes: 0 }.holds("a ping", &counted);
}

#[test]
fn new_token_costs_the_same_at_any_number_of_queries() {
    const BUDGET: AllocationBudget = AllocationBudget { allocations: 25, bytes: 2_147 };
    for count in [10, 1_000] {
        let mut canned = Canned::live(count);
        let issuer = TestIssuer::new("https://issuer.example", "convex");
        let tokens = [0, 30].map(|from| issuer.token("alice", seconds_later(from), seconds_later(from + 30)));
        canned.sign_in("alice");
        canned.bring_token(&tokens[0]);
        let confirmation = canned.answer([], "");
        canned.receive(&confirmation);
        canned.wait_for_refresh();
        let mut counted = measure(|| drop(black_box(canned.bring_token(&tokens[1]))));
        let confirmation = canned.answer([], "");
        counted += measure(|| drop(black_box(canned.receive(&confirmation))));
        assert_eq!(*canned.client.auth(), AuthState::Authenticated { refreshing: false });
        BUDGET.holds(&format!("a new token among {count} queries"), &counted);
    }
}
