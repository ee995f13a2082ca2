//! Simulation: random worlds in virtual time, in which every fault can happen. The rules of the
//! auth contract are checked after every operation and every event.
//!
//! | module | subject |
//! | --- | --- |
//! | `schedule` | the operations, as data generated from a seed |
//! | `world` | applies operations to a client and a model deployment in virtual time |
//! | `functions`, `token_provider` | the deployment's functions, and the source of tokens |
//! | `optimistic_updates` | the optimistic updates of mutations |
//! | `mounted_providers` | provider components that are mounted and unmounted |
//! | `epochs` | the identity that requests should be sent under |
//! | `rules` | invariants, checked after every event |
//! | `runner` | runs a world and checks the rules |
//! | `recovery` | the state that the client must reach once all faults have ended |
//! | `shrink` | shortens a failing schedule |
//!
//! ```
//! use convex_testkit::simulation::{Schedule, run};
//!
//! for seed in 0..5 {
//!     if let Err(failure) = run(&Schedule::from_seed(seed)) {
//!         panic!("{failure}");
//!     }
//! }
//! ```

mod epochs;
mod functions;
mod mounted_providers;
mod optimistic_updates;
mod recovery;
mod rules;
mod runner;
mod schedule;
mod shrink;
mod token_provider;
mod world;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

pub use rules::Violation;
use runner::Runner;
pub use schedule::{
    ListFault, ListOperation, Login, MutationSpec, Operation, ProviderBehavior, ProviderOperation, QueryKind,
    QuerySpec, RejectionMode, RenderedPage, Schedule, TimedOperation, UpdateKind, WorldConfig,
};
pub use shrink::shrink;

/// A schedule under which a rule was broken.
#[derive(Debug)]
pub struct Failure {
    /// The schedule.
    pub schedule: Schedule,
    /// The rule, and how it was broken.
    pub violation: Violation,
    /// The events until then, one per line.
    pub trace: String,
}

/// Runs the world of a schedule, ends all faults, and waits for the client to recover.
///
/// # Errors
///
/// The first violation of a rule. A panic of the client or the deployment is a violation, too.
pub fn run(schedule: &Schedule) -> Result<(), Box<Failure>> {
    let mut runner = Runner::new(schedule.seed, &schedule.config);
    // After a panic only the events so far are read.
    let outcome = catch_unwind(AssertUnwindSafe(|| play(&mut runner, schedule))).unwrap_or_else(|panic| {
        let text =
            panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Violation { rule: "nothing panics", how: text.unwrap_or("without a message").to_owned() })
    });
    outcome.map_err(|violation| {
        Box::new(Failure { schedule: schedule.clone(), violation, trace: runner.world.pair.trace() })
    })
}

fn play(runner: &mut Runner, schedule: &Schedule) -> Result<(), Violation> {
    runner.start()?;
    for TimedOperation { after, operation } in &schedule.operations {
        runner.run_for(*after)?;
        runner.apply(operation)?;
    }
    let WorldConfig { wakes_at_the_end, network_changes_at_the_end, .. } = schedule.config;
    recovery::check(runner, wakes_at_the_end, network_changes_at_the_end)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Schedule { seed, config, operations } = &self.schedule;
        writeln!(f, "seed {seed}: {}", self.violation)?;
        writeln!(f, "config: {config:?}")?;
        writeln!(f, "operations:")?;
        for TimedOperation { after, operation } in operations {
            writeln!(f, "  after {after:?}: {operation:?}")?;
        }
        writeln!(f, "events:")?;
        f.write_str(&self.trace)?;
        write!(f, "violation: {}", self.violation)
    }
}
