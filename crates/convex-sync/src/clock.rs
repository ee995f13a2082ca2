//! The server's clock, as far as it can be known here.

use crate::{Time, UnixMillis};

/// How far a wall clock may be from where it was expected.
const JUMP_MILLIS: u64 = 1000;

/// Wall clocks, told from readings that came in as data.
#[derive(Debug)]
pub(crate) struct Clock {
    /// What this machine's wall clock said at [`Time::ZERO`], by its last reading.
    wall_at_zero: i64,
    /// This machine's wall clock minus the server's, in milliseconds, as the server measured it.
    skew: Option<i64>,
}

impl Clock {
    pub(crate) fn new(wall_at_zero: UnixMillis) -> Self {
        Self { wall_at_zero: wall_at_zero.0, skew: None }
    }

    /// Takes a new reading of this machine's wall clock. `true`: it jumped, so that nobody knows how long the machine slept.
    pub(crate) fn set_wall(&mut self, now: Time, wall: UnixMillis) -> bool {
        let at_zero = wall.0.saturating_sub(millis(now));
        std::mem::replace(&mut self.wall_at_zero, at_zero).abs_diff(at_zero) > JUMP_MILLIS
    }

    /// Takes the skew as the server measured it at `Connect`. `true`: it was not known, or another.
    pub(crate) fn set_skew(&mut self, skew: i64) -> bool {
        self.skew.replace(skew) != Some(skew)
    }

    /// What this machine's wall clock says.
    pub(crate) fn wall(&self, now: Time) -> UnixMillis {
        UnixMillis(self.wall_at_zero.saturating_add(millis(now)))
    }

    /// What the server's wall clock says, once it has told how far apart the two are.
    pub(crate) fn server(&self, now: Time) -> Option<UnixMillis> {
        Some(UnixMillis(self.wall(now).0.saturating_sub(self.skew?)))
    }
}

fn millis(time: Time) -> i64 {
    i64::try_from(time.since_start().as_millis()).unwrap_or(i64::MAX)
}
