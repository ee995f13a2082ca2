//! A few thousand simulated worlds, in which no rule may break. `cargo xtask simulate --seeds N`
//! runs more.

use std::{panic, thread};

use convex_testkit::{
    DialOutcome,
    simulation::{Login, Operation, Schedule, TimedOperation, run, shrink},
};

/// How many worlds each thread simulates in a test run.
const SEEDS_PER_THREAD: u64 = 2_000;
const THREADS: u64 = 2;

#[test]
fn simulated_worlds_break_no_rule() {
    let worlds = |thread: u64| {
        for seed in thread * SEEDS_PER_THREAD..(thread + 1) * SEEDS_PER_THREAD {
            let schedule = Schedule::from_seed(seed);
            if let Err(failure) = run(&schedule) {
                panic!("{}", shrink(&schedule, failure));
            }
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || worlds(thread))).collect();
        for thread in threads {
            thread.join().unwrap_or_else(|failure| panic::resume_unwind(failure));
        }
    });
}

#[test]
fn same_seed_gives_the_same_schedule() {
    let (one, same) = (Schedule::from_seed(7), Schedule::from_seed(7));
    assert_eq!(format!("{one:?}"), format!("{same:?}"));
    assert_ne!(format!("{:?}", one.operations), format!("{:?}", Schedule::from_seed(8).operations));
}

/// docs/auth.md, rule 12.
#[test]
fn fatal_error_in_a_simulated_world_breaks_no_rule() {
    let mut schedule = Schedule::from_seed(1);
    schedule.operations = vec![
        step(Operation::SignIn(Login { user: "alice", key: "alice" })),
        step(Operation::SetDialOutcome(DialOutcome::Accepted)),
        TimedOperation { after: std::time::Duration::from_secs(5), operation: Operation::FailFatally },
        step(Operation::Reauthenticate),
    ];
    if let Err(failure) = run(&schedule) {
        panic!("{failure}");
    }
}

fn step(operation: Operation) -> TimedOperation {
    TimedOperation { after: std::time::Duration::ZERO, operation }
}
