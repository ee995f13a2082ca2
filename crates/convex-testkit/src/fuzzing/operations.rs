//! The `operations` target: a [simulated world](crate::simulation) with random decisions read from
//! the input.

use std::time::Duration;

use convex_sync::AuthPolicy;
use rand::{Rng, RngCore};

use crate::simulation::{MutationSpec, Operation, Schedule, TimedOperation, UpdateKind, WorldConfig, run};

/// The largest number of operations in one world.
const MAX_OPERATIONS: usize = 60;

/// Runs the world that the input describes.
///
/// # Panics
///
/// Panics if a rule of the auth contract is broken.
pub fn operations(data: &[u8]) {
    if let Err(failure) = run(&schedule(data)) {
        panic!("{failure}");
    }
}

fn schedule(data: &[u8]) -> Schedule {
    let mut input = InputRng(data);
    let (seed, config) = (input.random(), WorldConfig::random(&mut input));
    let mut operations = Vec::new();
    while !input.0.is_empty() && operations.len() < MAX_OPERATIONS {
        let operation =
            if input.random_bool(0.9) { TimedOperation::random(&mut input) } else { extreme(&mut input) };
        operations.push(operation);
    }
    Schedule { seed, config, operations }
}

/// Operations that no seed of the simulation generates: durations at the limits of the arithmetic.
fn extreme(input: &mut InputRng<'_>) -> TimedOperation {
    const DAY: u64 = 24 * 60 * 60;
    // `MAX_OPERATIONS` sleeps of this length end before the deployment's time overflows, in 2262.
    const YEARS: u64 = 3 * 365 * DAY;
    let lengths = [0, 1, DAY, 30 * DAY, YEARS];
    let length = Duration::from_secs(lengths[input.random_range(0..lengths.len())]);
    let timeout = if input.random() { Some(Duration::MAX) } else { Some(length) };
    let auth = if input.random() { AuthPolicy::Settled } else { AuthPolicy::Required };
    let millis = i64::try_from(length.as_millis()).expect("three years fit");
    let operation = match input.random_range(0..6) {
        0 => Operation::Sleep { lasts: length, clock_stops: input.random() },
        1 => Operation::SetClock(millis),
        2 => Operation::SetClock(-millis),
        3 => Operation::RunMutation(MutationSpec { auth, fails: false, update: UpdateKind::Note, timeout }),
        4 => Operation::RunAction { auth, takes: Duration::ZERO, timeout },
        _ => Operation::Wake,
    };
    TimedOperation { after: Duration::ZERO, operation }
}

/// A source of random numbers that reads the input: two bytes a draw, so that a small change of the
/// input is a small change of the world. At the end of the input every draw is zero.
struct InputRng<'a>(&'a [u8]);

impl RngCore for InputRng<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut draw = [0; 2];
        self.fill_bytes(&mut draw);
        u32::from(u16::from_be_bytes(draw)) * 0x1_0001
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) * 0x1_0000_0001
    }

    fn fill_bytes(&mut self, destination: &mut [u8]) {
        destination.fill(0);
        let (taken, rest) = self.0.split_at(self.0.len().min(destination.len()));
        destination[..taken.len()].copy_from_slice(taken);
        self.0 = rest;
    }
}
