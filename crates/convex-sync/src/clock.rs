//! The wall clocks of this machine and of the server.

use crate::{Time, UnixMillis};
use std::time::Duration;

/// A difference of more than this between the expected and the actual reading of the wall clock is
/// a jump.
const JUMP_MILLIS: u64 = 1000;

/// The wall clocks, computed from readings that the driver and the server reported.
#[derive(Debug)]
pub(crate) struct WallClocks {
    /// This machine's wall clock at [`Time::ZERO`], by its last reading.
    wall_at_zero: i64,
    /// This machine's wall clock minus the server's, in milliseconds, as measured by the server.
    skew: Option<i64>,
}

impl WallClocks {
    pub(crate) fn new(wall_at_zero: UnixMillis) -> Self {
        Self { wall_at_zero: wall_at_zero.0, skew: None }
    }

    /// Records a reading of this machine's wall clock. Returns whether it jumped: then it is
    /// unknown how long the machine slept.
    pub(crate) fn set_wall(&mut self, now: Time, wall: UnixMillis) -> bool {
        let at_zero = wall.0.saturating_sub(now.millis_since_start());
        std::mem::replace(&mut self.wall_at_zero, at_zero).abs_diff(at_zero) > JUMP_MILLIS
    }

    /// Records the skew that the server measured at `Connect`. Returns whether it changed.
    pub(crate) fn set_skew(&mut self, skew: i64) -> bool {
        self.skew.replace(skew) != Some(skew)
    }

    /// The expected reading of this machine's wall clock.
    pub(crate) fn wall(&self, now: Time) -> UnixMillis {
        UnixMillis(self.wall_at_zero.saturating_add(now.millis_since_start()))
    }

    /// The time at which the server's wall clock reads `moment`; `None` until the skew is known. A
    /// moment before [`Time::ZERO`] counts as `Time::ZERO`.
    pub(crate) fn when_server_says(&self, moment: UnixMillis) -> Option<Time> {
        let server_at_zero = self.wall_at_zero.saturating_sub(self.skew?);
        Some(Time::ZERO + duration(moment.0.saturating_sub(server_at_zero)))
    }
}

/// A duration of `millis` milliseconds; zero if that is negative.
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
    fn server_clock_is_the_local_clock_minus_the_skew() {
        let mut clock = WallClocks::new(UnixMillis(1_000_000));
        assert_eq!(clock.when_server_says(UnixMillis(1_005_000)), None, "the skew is not known yet");
        assert!(clock.set_skew(2_000), "this machine is two seconds ahead");
        assert!(!clock.set_skew(2_000), "no change");
        assert_eq!(clock.when_server_says(UnixMillis(1_003_000)), Some(at(5_000)));
        assert_eq!(clock.when_server_says(UnixMillis(0)), Some(Time::ZERO), "before the client was created");
    }

    #[test]
    fn wall_clock_ahead_of_time_has_jumped() {
        let mut clock = WallClocks::new(UnixMillis(1_000_000));
        clock.set_skew(0);
        assert!(!clock.set_wall(at(5_000), UnixMillis(1_005_900)), "within the tolerance for late timers");
        assert!(clock.set_wall(at(6_000), UnixMillis(1_600_000)));
        assert_eq!(clock.wall(at(6_000)), UnixMillis(1_600_000));
        assert_eq!(clock.when_server_says(UnixMillis(1_610_000)), Some(at(16_000)));
    }

    #[test]
    fn extreme_readings_do_not_panic() {
        let mut clock = WallClocks::new(UnixMillis(i64::MIN));
        clock.set_skew(i64::MAX);
        assert!(clock.when_server_says(UnixMillis(i64::MAX)).is_some());
        assert!(clock.when_server_says(UnixMillis(i64::MIN)).is_some());
    }
}
