//! Fuzz target: tokens with arbitrary claims. See `convex_testkit::fuzzing`.

#![no_main]

use convex_testkit::fuzzing::{claims, memory::Counting};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| claims(data));
