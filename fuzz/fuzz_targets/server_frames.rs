//! Fuzz target: frames from the server. See `convex_testkit::fuzzing`.

#![no_main]

use convex_testkit::fuzzing::{memory::Counting, server_frames};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|data: &[u8]| server_frames(data));
