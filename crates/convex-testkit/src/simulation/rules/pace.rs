//! How fast the client repeats what fails (rules 4 and 10).

use convex_sync::Time;
use std::time::Duration;

use crate::simulation::world::World;

/// What has been repeated since there was last a reason for it.
#[derive(Default)]
pub(super) struct Pace {
    times: usize,
    first: Time,
    /// How much had been done to the world by then.
    actions: usize,
}

impl Pace {
    /// There is a reason for the next.
    pub(super) fn starts_anew(&mut self) {
        self.times = 0;
    }

    /// It happens again; `false` where it has so often within so short a time.
    pub(super) fn may_go_on(&mut self, world: &World, times: usize, within: Duration) -> bool {
        let now = world.pair.now();
        if self.times == 0 || self.actions != world.actions {
            *self = Self { times: 0, first: now, actions: world.actions };
        }
        self.times += 1;
        self.times < times || now - self.first > within
    }
}
