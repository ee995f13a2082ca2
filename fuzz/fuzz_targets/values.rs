//! Fuzz target: the JSON text of values. See `convex_testkit::fuzzing`.

#![no_main]

use convex_testkit::fuzzing::{memory::Counting, values};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| values(data));
