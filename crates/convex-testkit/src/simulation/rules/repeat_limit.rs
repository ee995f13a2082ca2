//! How fast the client may repeat a failing operation (rules 4 and 10).

use convex_sync::Time;
use std::time::Duration;

use crate::simulation::world::World;

/// The repetitions since the last reset, or since the last operation on the world.
#[derive(Default)]
pub(super) struct RepeatLimit {
    times: usize,
    first: Time,
    /// How many operations had been applied by then.
    operations: usize,
}

impl RepeatLimit {
    /// The next repetition has a reason of its own.
    pub(super) fn reset(&mut self) {
        self.times = 0;
    }

    /// Counts a repetition. `false` if there were `times` of them within `within`.
    pub(super) fn allow(&mut self, world: &World, times: usize, within: Duration) -> bool {
        let now = world.pair.now();
        if self.times == 0 || self.operations != world.operations {
            *self = Self { times: 0, first: now, operations: world.operations };
        }
        self.times += 1;
        self.times < times || now - self.first > within
    }
}
