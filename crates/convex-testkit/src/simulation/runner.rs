//! Runs a world and checks the rules after every operation and every event.

use std::time::Duration;

use convex_sync::Time;

use super::{
    rules::{Rules, Violation},
    schedule::{Operation, WorldConfig},
    world::World,
};

/// A world and the rules that watch it.
pub(super) struct Runner {
    pub(super) world: World,
    pub(super) rules: Rules,
}

impl Runner {
    pub(super) fn new(seed: u64, config: &WorldConfig) -> Self {
        Self { world: World::new(seed, config), rules: Rules::default() }
    }

    /// Checks the rules in the initial world.
    pub(super) fn start(&mut self) -> Result<(), Violation> {
        self.rules.check(&mut self.world)
    }

    /// Lets time pass, and checks the rules after every event.
    pub(super) fn run_for(&mut self, duration: Duration) -> Result<(), Violation> {
        self.run_until(self.world.pair.now() + duration, |_| false)
    }

    /// Like [`run_for`](Self::run_for), until `condition` holds.
    pub(super) fn run_until(
        &mut self,
        end: Time,
        condition: impl Fn(&Self) -> bool,
    ) -> Result<(), Violation> {
        while !condition(self) && self.world.pair.step_before(end) {
            self.rules.check(&mut self.world)?;
        }
        Ok(())
    }

    /// Applies an operation, and checks the rules.
    pub(super) fn apply(&mut self, operation: &Operation) -> Result<(), Violation> {
        let changes_before = self.query_set_changes();
        self.world.apply(operation);
        let is_one_change = matches!(operation, Operation::Suspend { .. } | Operation::Resume(_));
        if is_one_change && self.query_set_changes() > changes_before + 1 {
            let how = format!("{operation:?} sends several");
            return Err(Violation { rule: "a suspension sends one message when it begins and ends", how });
        }
        self.rules.check(&mut self.world)
    }

    /// Ends all faults, and checks the rules.
    pub(super) fn end_faults(&mut self) -> Result<(), Violation> {
        self.world.heal();
        self.rules.check(&mut self.world)
    }

    fn query_set_changes(&self) -> usize {
        self.world.pair.sent_types().iter().filter(|sent| *sent == "ModifyQuerySet").count()
    }
}
