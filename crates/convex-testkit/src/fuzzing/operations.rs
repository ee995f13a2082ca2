//! Operations: a world whose course the input decides, under the rules of the
//! [simulation](crate::simulation).

use std::time::Duration;

use convex_sync::AuthPolicy;
use rand::{Rng, RngCore};

use crate::simulation::{Action, Mutation, Schedule, Setting, Step, Update, run};

/// How much may happen in one world.
const MAX_STEPS: usize = 60;

/// Lets a world go as the input says, and then be well.
///
/// # Panics
///
/// Where a rule of the auth contract is broken.
pub fn operations(data: &[u8]) {
    if let Err(failure) = run(&schedule(data)) {
        panic!("{failure}");
    }
}

fn schedule(data: &[u8]) -> Schedule {
    let mut input = Bytes(data);
    let (seed, setting) = (input.random(), Setting::random(&mut input));
    let mut steps = Vec::new();
    while !input.0.is_empty() && steps.len() < MAX_STEPS {
        let step = if input.random_bool(0.9) { Step::random(&mut input) } else { extreme(&mut input) };
        steps.push(step);
    }
    Schedule { seed, setting, steps }
}

/// What no seed of the simulation brings about: lengths of time at which numbers end.
fn extreme(input: &mut Bytes<'_>) -> Step {
    const DAY: u64 = 24 * 60 * 60;
    // As many sleeps as there may be end before the deployment's time does, in 2262.
    const YEARS: u64 = 3 * 365 * DAY;
    let lengths = [0, 1, DAY, 30 * DAY, YEARS];
    let length = Duration::from_secs(lengths[input.random_range(0..lengths.len())]);
    let timeout = if input.random() { Some(Duration::MAX) } else { Some(length) };
    let auth = if input.random() { AuthPolicy::Settled } else { AuthPolicy::Required };
    let millis = i64::try_from(length.as_millis()).expect("some years are no more");
    let action = match input.random_range(0..6) {
        0 => Action::Sleep { lasts: length, clock_stops: input.random() },
        1 => Action::SetClock(millis),
        2 => Action::SetClock(-millis),
        3 => Action::Mutate(Mutation { auth, fails: false, update: Update::Note, timeout }),
        4 => Action::Act { auth, takes: Duration::ZERO, timeout },
        _ => Action::Wake,
    };
    Step { after: Duration::ZERO, action }
}

/// The input in place of chance: two bytes a draw, so that a small change of the input is a small
/// change of the world. Once it has run out, every draw is the least.
struct Bytes<'a>(&'a [u8]);

impl RngCore for Bytes<'_> {
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
