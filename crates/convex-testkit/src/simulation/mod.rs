//! Simulation: worlds made from seeds, in which everything happens that may, and the rules of the
//! auth contract are looked at after each thing that does.
//!
//! | module | its subject |
//! | --- | --- |
//! | `schedule` | what happens, as data made from a seed |
//! | `world` | does it, to a client and a model deployment in virtual time |
//! | `functions`, `provider` | what runs on the deployment, and where tokens come from |
//! | `providers` | provider components that come and go |
//! | `lists` | paginated lists |
//! | `epochs` | who is asking, as the app brought it about |
//! | `rules` | what must hold after every step |
//! | `heal` | what must come about once the world is well |
//! | `shrink` | makes a failing schedule short |
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
mod heal;
mod lists;
mod provider;
mod providers;
mod rules;
mod schedule;
mod shrink;
mod world;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

pub use lists::{ListAction, ListFault};
pub use providers::ProviderAction;
pub use rules::Violation;
pub use schedule::{
    Action, Answers, Asks, Login, Mutation, Query, Rejections, Schedule, Setting, Step, Update,
};
pub use shrink::shrink;
use world::World;

/// A schedule under which a rule was broken.
#[derive(Debug)]
pub struct Failure {
    /// The schedule.
    pub schedule: Schedule,
    /// What was broken.
    pub violation: Violation,
    /// All that happened until then, a line each.
    pub story: String,
}

/// Lets a world be as its schedule says, and then be well.
///
/// # Errors
///
/// The first violation of a rule. A panic of the client or the deployment is one, too.
pub fn run(schedule: &Schedule) -> Result<(), Box<Failure>> {
    let mut world = World::new(schedule.seed, &schedule.setting);
    // A world that panicked is looked at only for what had happened until then.
    let outcome = catch_unwind(AssertUnwindSafe(|| play(&mut world, schedule))).unwrap_or_else(|panic| {
        let text =
            panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Violation { rule: "nothing panics", how: text.unwrap_or("it does").to_owned() })
    });
    outcome.map_err(|violation| {
        Box::new(Failure { schedule: schedule.clone(), violation, story: world.pair.trace() })
    })
}

fn play(world: &mut World, schedule: &Schedule) -> Result<(), Violation> {
    for step in &schedule.steps {
        world.run_for(step.after)?;
        world.take(&step.action)?;
    }
    let Setting { wakes_at_the_end, network_changes_at_the_end, .. } = schedule.setting;
    heal::heal(world, wakes_at_the_end, network_changes_at_the_end)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Schedule { seed, setting, steps } = &self.schedule;
        writeln!(f, "seed {seed}: {}", self.violation)?;
        writeln!(f, "the world: {setting:?}")?;
        writeln!(f, "what happens:")?;
        for step in steps {
            writeln!(f, "  after {:?}: {:?}", step.after, step.action)?;
        }
        writeln!(f, "what came of it:")?;
        f.write_str(&self.story)?;
        write!(f, "broken: {}", self.violation)
    }
}
