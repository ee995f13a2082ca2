//! Receiving results of 1 KB to 1 MB and decoding them into Rust types.

mod growth;

use std::hint::black_box;

use convex_sync::{EncodedValue, wire::ServerFrame};
use convex_testkit::{
    Canned,
    canned::{CannedDocument, documents},
};
use growth::Growth;

/// Numbers of documents of 200 bytes each.
const SIZES: &[usize] = &[5, 50, 500, 5_000];

fn main() {
    Growth::new()
        .measure("result-received", SIZES, |bencher, count| {
            let mut canned = Canned::live(1);
            let frames = [0, 1].map(|more| canned.transition([0], &documents(count + more)));
            let mut frames = frames.iter().cycle();
            bencher.iter(|| canned.receive(frames.next().expect("a cycle has no end")));
        })
        .measure("result-skipped", SIZES, |bencher, count| {
            let frame = Canned::live(1).transition([0], &documents(count));
            bencher.iter(|| ServerFrame::parse(black_box(&frame)).expect("the frame is valid"));
        })
        .measure("documents-decoded", SIZES, |bencher, count| {
            let value = received(&documents(count));
            bencher.iter(|| {
                black_box(&value).decode::<Vec<CannedDocument>>().expect("the value is a list of documents")
            });
        })
        .measure("one-of-the-documents-changed", SIZES, |bencher, count| {
            let before = received(&documents(count));
            let changed = before.as_json().replacen("author 002", "another", 1);
            let after = received(&changed);
            assert_ne!(after, before);
            let mut items: Vec<CannedDocument> = before.decode().expect("a list of documents");
            let mut texts = [(&before, &after), (&after, &before)].into_iter().cycle();
            bencher.iter(|| {
                let (before, after) = texts.next().expect("a cycle has no end");
                let mut old: Vec<_> = std::mem::take(&mut items).into_iter().map(Some).collect();
                items = after
                    .decode_changed_items(before, |index| old[index].take())
                    .expect("a list of documents");
            });
        })
        .measure("dynamic-values-decoded", SIZES, |bencher, count| {
            let value = received(&documents(count));
            bencher.iter(|| {
                black_box(&value).decode::<convex_sync::Value>().expect("`Value` holds every value")
            });
        })
        .print();
}

fn received(result: &str) -> EncodedValue {
    let mut canned = Canned::live(1);
    let frame = canned.transition([0], result);
    canned.receive(&frame);
    let result = canned.client.result(canned.queries[0]).expect("the result has arrived");
    result.clone().expect("the query did not fail")
}
