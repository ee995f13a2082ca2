//! What the core waits for, and until when.

use crate::Time;

/// Everything the core waits for by the clock. At most one of each is armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The socket being dialled must be open.
    Dial,
    /// The next socket is to be dialled.
    Redial,
    /// A frame, a ping at least, must have come.
    Inactivity,
    /// What was sent must be answered.
    Answer,
    /// After a wake, the socket must have proved itself.
    Probe,
    /// A transition must have shown the writes of a mutation that succeeded.
    WriteShown,
    /// Other requests have waited long enough for the one that is on trial.
    Trial,
    /// The token fetch under way must have ended.
    FetchTimeout,
    /// The next token fetch is to begin.
    FetchRetry,
    /// The token in use is to be replaced.
    Refresh,
    /// The token in use runs out.
    Expiry,
    /// `Settled` queries have waited long enough for authentication.
    Patience,
}

impl Timer {
    const ALL: [Self; 12] = [
        Self::Dial,
        Self::Redial,
        Self::Inactivity,
        Self::Answer,
        Self::Probe,
        Self::WriteShown,
        Self::Trial,
        Self::FetchTimeout,
        Self::FetchRetry,
        Self::Refresh,
        Self::Expiry,
        Self::Patience,
    ];
}

/// The deadlines of all timers.
#[derive(Debug, Default)]
pub(crate) struct Timers([Option<Time>; Timer::ALL.len()]);

impl Timers {
    /// Arms a timer, in place of its earlier deadline.
    pub(crate) fn set(&mut self, timer: Timer, deadline: Time) {
        self.0[timer as usize] = Some(deadline);
    }

    /// Arms a timer that is not armed yet.
    pub(crate) fn set_if_unset(&mut self, timer: Timer, deadline: Time) {
        self.0[timer as usize].get_or_insert(deadline);
    }

    /// Arms a timer for `deadline`, or disarms it where there is none.
    pub(crate) fn put(&mut self, timer: Timer, deadline: Option<Time>) {
        self.0[timer as usize] = deadline;
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(crate) fn clear_all(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn deadline(&self, timer: Timer) -> Option<Time> {
        self.0[timer as usize]
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Time> {
        self.0.iter().copied().flatten().min()
    }

    /// Disarms and returns the timer that is longest overdue at `now`.
    pub(crate) fn pop_expired(&mut self, now: Time) -> Option<Timer> {
        let (_, timer) = Timer::ALL
            .into_iter()
            .filter_map(|timer| Some((self.deadline(timer)?, timer)))
            .filter(|(deadline, _)| *deadline <= now)
            .min_by_key(|(deadline, _)| *deadline)?;
        self.clear(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Time {
        Time::new(Duration::from_secs(seconds))
    }

    #[test]
    fn every_timer_has_its_own_place() {
        for (index, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, index);
        }
    }

    #[test]
    fn the_longest_overdue_comes_first_and_only_once() {
        let mut timers = Timers::default();
        timers.set(Timer::Refresh, at(2));
        timers.set(Timer::Answer, at(1));
        timers.set(Timer::Expiry, at(9));
        assert_eq!(timers.next(), Some(at(1)));
        assert_eq!(timers.pop_expired(at(3)), Some(Timer::Answer));
        assert_eq!(timers.pop_expired(at(3)), Some(Timer::Refresh));
        assert_eq!(timers.pop_expired(at(3)), None);
        assert_eq!(timers.next(), Some(at(9)));
    }
}
