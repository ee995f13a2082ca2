//! The fuzz targets as plain tests: each runs its corpus and inputs that are mutated from it,
//! always the same. `cargo xtask fuzz` runs random ones.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use convex_testkit::fuzzing::{
    TargetFn, claims, json,
    memory::{self, Counting},
    operations, server_frames, values,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The longest mutated input, in bytes.
const MAX_LENGTH: usize = 4096;

/// docs/auth.md, rules 10, 12, 13 and 14.
#[test]
fn fuzzed_server_frames_break_no_rule() {
    replay("server_frames", server_frames, 800);
}

#[test]
fn fuzzed_values_break_no_rule() {
    replay("values", values, 8000);
}

#[test]
fn fuzzed_json_is_read_as_by_serde_json() {
    replay("json", json, 8000);
}

/// docs/auth.md, rules 3, 4 and 13.
#[test]
fn fuzzed_claims_break_no_rule() {
    replay("claims", claims, 600);
}

/// Auth contract: all rules that the simulation checks.
#[test]
fn fuzzed_operations_break_no_rule() {
    replay("operations", operations, 250);
}

/// The bounds on memory rely on this counter.
#[test]
fn allocator_counts_memory() {
    let before = memory::allocated();
    let (bytes, needed) = memory::peak_of(|| {
        drop(vec![0_u8; 2000]);
        vec![0_u8; 1000]
    });
    assert_eq!((needed, memory::allocated() - before), (2000, 1000));
    drop(bytes);
    assert_eq!(memory::allocated(), before);
}

/// Runs a target with its corpus, then with `mutated` inputs made from the corpus.
fn replay(name: &str, target: TargetFn, mutated: usize) {
    let corpus = corpus(name);
    assert!(corpus.len() >= 10, "{} files in the corpus of {name}", corpus.len());
    for (file, input) in &corpus {
        run_target(target, input, &format!("fuzz/corpus/{name}/{file}"));
    }
    let inputs: Vec<Vec<u8>> = corpus.into_iter().map(|(_, input)| input).collect();
    let mut random = StdRng::seed_from_u64(7);
    for serial in 0..mutated {
        let input = mutated_input(&mut random, &inputs);
        run_target(target, &input, &format!("mutated input {serial} of {name}, `{}`,", input.escape_ascii()));
    }
}

/// Runs a target with an input. If it panics, prints the input's name.
fn run_target(target: TargetFn, input: &[u8], name: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        eprintln!("the target panicked at {name}");
        resume_unwind(panic);
    }
}

/// Names and contents of the files of a corpus.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

// ---- mutated inputs ----

/// Texts that have a meaning for some target.
const PIECES: [&str; 24] = [
    "\n",
    "{}",
    "[]",
    "null",
    "-1",
    "0",
    "1e400",
    "9223372036854775807",
    "18446744073709551616",
    "4294967295",
    "\"",
    "\\u0000",
    "\u{fffd}",
    "{\"$integer\":\"AQAAAAAAAAA=\"}",
    "{\"$float\":\"AAAAAAAA+H8=\"}",
    "\"$",
    "AAAAAAAAAAA=",
    "/////////38=",
    "~x\n",
    "+100000\n",
    "^0\n",
    "!\n",
    "@-9223372036854775808\n",
    "true",
];

/// A few random changes of a corpus input; one in 20 is random bytes.
fn mutated_input(random: &mut StdRng, inputs: &[Vec<u8>]) -> Vec<u8> {
    if random.random_ratio(1, 20) {
        return (0..random.random_range(0..200)).map(|_| random.random()).collect();
    }
    let mut input = inputs.choose(random).unwrap().clone();
    for _ in 0..random.random_range(1..5) {
        change(random, &mut input, inputs);
    }
    input.truncate(MAX_LENGTH);
    input
}

fn change(random: &mut StdRng, input: &mut Vec<u8>, inputs: &[Vec<u8>]) {
    let at = random.random_range(0..=input.len());
    let to = random.random_range(at..=input.len().min(at + 60));
    match random.random_range(0..6) {
        0 => input.insert(at, random.random()),
        1 => drop(input.splice(at..to, [])),
        2 => drop(input.splice(at..at, PIECES.choose(random).unwrap().bytes())),
        3 => input[at..to].iter_mut().take(1).for_each(|byte| *byte ^= 1 << random.random_range(0..8)),
        4 => {
            let again = input[at..to].to_vec();
            drop(input.splice(at..at, again));
        }
        _ => {
            let other = inputs.choose(random).unwrap();
            let from = random.random_range(0..=other.len());
            input.truncate(at);
            input.extend(&other[from..]);
        }
    }
}
