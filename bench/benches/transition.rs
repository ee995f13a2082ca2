//! Transitions, subscriptions, optimistic updates and reconnects, among 10 to 10,000 queries.

mod growth;

use std::hint::black_box;

use convex_sync::{EncodedValue, LocalStore, OptimisticError, RequestOptions, Time, wire};
use convex_testkit::{Canned, canned::call};
use criterion::BatchSize;
use growth::Growth;

const QUERIES: &[usize] = &[10, 100, 1_000, 10_000];
const LAYERS: &[usize] = &[1, 10, 100];

fn main() {
    let mut growth = Growth::new();
    transitions(&mut growth);
    query_set(&mut growth);
    layers(&mut growth);
    growth.print();
}

fn transitions(growth: &mut Growth) {
    growth
        .measure("transition-parsed", QUERIES, |bencher, count| {
            let frame = Canned::live(count).transition(0..count, "1");
            bencher.iter(|| wire::ServerFrame::parse(black_box(&frame)).expect("the frame is valid"));
        })
        .measure("one-changed", QUERIES, |bencher, count| {
            let mut canned = Canned::live(count);
            let frames = ["1", "2"].map(|result| canned.transition([count / 2], result));
            let mut frames = frames.iter().cycle();
            bencher.iter(|| canned.receive(frames.next().expect("a cycle has no end")));
        })
        .measure("all-changed", QUERIES, |bencher, count| {
            let mut canned = Canned::live(count);
            let frames = ["1", "2"].map(|result| canned.transition(0..count, result));
            let mut frames = frames.iter().cycle();
            bencher.iter(|| canned.receive(frames.next().expect("a cycle has no end")));
        });
}

fn query_set(growth: &mut Growth) {
    growth
        .measure("subscribed-and-unsubscribed", QUERIES, |bencher, count| {
            let mut canned = Canned::connected();
            bencher.iter(|| (canned.subscribe(count), canned.unsubscribe()));
        })
        .measure("query-set-written", QUERIES, |bencher, count| {
            let calls: Vec<_> = (0..count).map(call).collect();
            let add = |(query, (function, args))| wire::QueryModification::Add {
                query,
                function,
                args,
                journal: Some(None),
            };
            bencher.iter(|| {
                let modifications =
                    (0..).zip(&calls).map(|(id, (function, args))| add((id, (function, args))));
                let modifications = modifications.collect();
                wire::ClientFrame::ModifyQuerySet { base_version: 0, modifications }.to_json()
            });
        })
        .measure("reconnected", QUERIES, |bencher, count| {
            let mut canned = Canned::live(count);
            bencher.iter(|| canned.reconnect());
        });
}

fn layers(growth: &mut Growth) {
    let with_layers = |layers| {
        let mut canned = Canned::live(10);
        (0..layers).for_each(|_| mutate(&mut canned));
        canned
    };
    growth
        .measure("mutation-over-layers", LAYERS, |bencher, layers| {
            bencher.iter_batched_ref(|| with_layers(layers), mutate, BatchSize::PerIteration);
        })
        .measure("transition-beside-layers", LAYERS, |bencher, layers| {
            let mut canned = with_layers(layers);
            let frames = ["1", "2"].map(|result| canned.transition([5], result));
            let mut frames = frames.iter().cycle();
            bencher.iter(|| canned.receive(frames.next().expect("a cycle has no end")));
        })
        .measure("transition-below-layers", LAYERS, |bencher, layers| {
            let mut canned = with_layers(layers);
            let frames = ["1", "2"].map(|result| canned.transition([0], result));
            let mut frames = frames.iter().cycle();
            bencher.iter(|| canned.receive(frames.next().expect("a cycle has no end")));
        })
        .measure("subscribed-beside-layers", LAYERS, |bencher, layers| {
            bencher.iter_batched_ref(
                || with_layers(layers),
                |canned| canned.subscribe(100),
                BatchSize::PerIteration,
            );
        });
}

/// Calls a mutation with an optimistic update that adds one to the first query's value.
fn mutate(canned: &mut Canned) {
    let (query, args) = call(0);
    let (path, query_args) = (query.clone(), args.clone());
    let increment = move |store: &mut LocalStore<'_>| {
        let before: f64 = store.get(&path, &query_args).map_or(Ok(0.0), EncodedValue::decode)?;
        store.set(&path, &query_args, EncodedValue::encode(&(before + 1.0))?);
        Ok::<_, OptimisticError>(())
    };
    canned.client.mutate_optimistically(Time::ZERO, query, args, RequestOptions::default(), increment);
    canned.turn();
}
