//! The server's clock, as far as it can be known here.

use crate::{Time, UnixMillis};
use std::time::Duration;

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

    /// Takes a new reading of this machine's wall clock. `true`: it jumped, so that nobody knows
    /// how long the machine slept.
    pub(crate) fn set_wall(&mut self, now: Time, wall: UnixMillis) -> bool {
        let at_zero = wall.0.saturating_sub(now.millis_since_start());
        std::mem::replace(&mut self.wall_at_zero, at_zero).abs_diff(at_zero) > JUMP_MILLIS
    }

    /// Takes the skew as the server measured it at `Connect`. `true`: it was not known, or another.
    pub(crate) fn set_skew(&mut self, skew: i64) -> bool {
        self.skew.replace(skew) != Some(skew)
    }

    /// What this machine's wall clock says.
    pub(crate) fn wall(&self, now: Time) -> UnixMillis {
        UnixMillis(self.wall_at_zero.saturating_add(now.millis_since_start()))
    }

    /// When the server's wall clock will say, or said, `moment`, once it has told how far apart the
    /// two are. What was before [`Time::ZERO`] counts as being then.
    pub(crate) fn when_server_says(&self, moment: UnixMillis) -> Option<Time> {
        let server_at_zero = self.wall_at_zero.saturating_sub(self.skew?);
        Some(Time::ZERO + duration(moment.0.saturating_sub(server_at_zero)))
    }
}

/// So many milliseconds; none where they are negative.
pub(crate) fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::new(Duration::from_millis(millis))
    }

    #[test]
    fn the_server_s_clock_is_this_one_put_right_by_the_skew() {
        let mut clock = Clock::new(UnixMillis(1_000_000));
        assert_eq!(clock.when_server_says(UnixMillis(1_005_000)), None, "it has not told yet");
        assert!(clock.set_skew(2_000), "this machine is two seconds ahead");
        assert!(!clock.set_skew(2_000), "that was known");
        assert_eq!(clock.when_server_says(UnixMillis(1_003_000)), Some(at(5_000)));
        assert_eq!(clock.when_server_says(UnixMillis(0)), Some(Time::ZERO), "long ago");
    }

    #[test]
    fn a_clock_that_went_on_while_time_stood_still_has_jumped() {
        let mut clock = Clock::new(UnixMillis(1_000_000));
        clock.set_skew(0);
        assert!(!clock.set_wall(at(5_000), UnixMillis(1_005_900)), "within what timers may be late");
        assert!(clock.set_wall(at(6_000), UnixMillis(1_600_000)));
        assert_eq!(clock.wall(at(6_000)), UnixMillis(1_600_000));
        assert_eq!(clock.when_server_says(UnixMillis(1_610_000)), Some(at(16_000)));
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        let mut clock = Clock::new(UnixMillis(i64::MIN));
        clock.set_skew(i64::MAX);
        assert!(clock.when_server_says(UnixMillis(i64::MAX)).is_some());
        assert!(clock.when_server_says(UnixMillis(i64::MIN)).is_some());
    }
}
