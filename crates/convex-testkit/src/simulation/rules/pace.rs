//! How fast the client repeats what fails (rules 4 and 10).

use convex_sync::Time;
use std::time::Duration;

use crate::simulation::world::World;

/// Waits that start at the shortest there is and grow do not let something happen so often in so short a time.
const TOO_OFTEN: usize = 8;
const WITHIN: Duration = Duration::from_secs(4);

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

    /// It happens again; `false` where that is too fast.
    pub(super) fn may_go_on(&mut self, world: &World) -> bool {
        let now = world.pair.now();
        if self.times == 0 || self.actions != world.actions {
            *self = Self { times: 0, first: now, actions: world.actions };
        }
        self.times += 1;
        self.times < TOO_OFTEN || now - self.first > WITHIN
    }
}
