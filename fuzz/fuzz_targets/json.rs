//! Fuzz target: the JSON codec against serde_json. See `convex_testkit::fuzzing`.

#![no_main]

use convex_testkit::fuzzing::{json, memory::Counting};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| json(data));
