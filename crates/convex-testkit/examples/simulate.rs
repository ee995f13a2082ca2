//! RunCounts simulated worlds on all cores: `simulate FIRST COUNT [MAX_VIOLATIONS]`.
//! `cargo xtask simulate` calls it.
//!
//! Every violation is shrunk and printed. The last line is `N seeds, V violations`; the exit code
//! is 1 if there were any.

use std::{
    env, panic,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use convex_testkit::simulation::{Schedule, run, shrink};

/// The interval of progress messages.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

struct Job {
    first: u64,
    count: u64,
    max_violations: u64,
    taken: AtomicU64,
    done: AtomicU64,
    violations: AtomicU64,
    last_progress: Mutex<Instant>,
}

fn main() -> ExitCode {
    let numbers: Result<Vec<u64>, _> = env::args().skip(1).map(|number| number.parse()).collect();
    let (first, count, max_violations) = match numbers.as_deref() {
        Ok([first, count]) => (*first, *count, 10),
        Ok([first, count, max_violations]) => (*first, *count, *max_violations),
        _ => {
            eprintln!("usage: simulate FIRST COUNT [MAX_VIOLATIONS] (numbers)");
            return ExitCode::from(2);
        }
    };
    // Panics are reported as violations.
    panic::set_hook(Box::new(|_| {}));
    let job = Job {
        first,
        count,
        max_violations,
        taken: AtomicU64::new(0),
        done: AtomicU64::new(0),
        violations: AtomicU64::new(0),
        last_progress: Mutex::new(Instant::now()),
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| job.work());
        }
    });
    let (done, violations) = (job.done.into_inner(), job.violations.into_inner());
    println!("{done} seeds, {violations} violations");
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Job {
    fn work(&self) {
        while self.violations.load(Relaxed) < self.max_violations {
            let next = self.taken.fetch_add(1, Relaxed);
            if next >= self.count {
                return;
            }
            let schedule = Schedule::from_seed(self.first + next);
            if let Err(failure) = run(&schedule) {
                println!("{}\n", shrink(&schedule, failure));
                self.violations.fetch_add(1, Relaxed);
            }
            self.done.fetch_add(1, Relaxed);
            self.report_progress();
        }
    }

    fn report_progress(&self) {
        let mut last = self.last_progress.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= PROGRESS_INTERVAL {
            *last = Instant::now();
            eprintln!("{} of {} seeds", self.done.load(Relaxed), self.count);
        }
    }
}
