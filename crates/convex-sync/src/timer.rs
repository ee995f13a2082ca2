//! The timers of the core.

use crate::Time;

/// The timers of the core. Each has at most one deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The time limit for opening the socket.
    Dial,
    /// The next dial is due.
    Redial,
    /// The time limit for the next frame: at least a ping.
    Inactivity,
    /// The time limit for the server's answer.
    Answer,
    /// The time limit for the answer to a probe.
    Probe,
    /// The time limit for the transition that contains the writes of a successful mutation.
    Transition,
    /// The other requests have waited long enough for the request on trial.
    Trial,
    /// The time limit of the token fetch.
    FetchTimeout,
    /// The next token fetch is due.
    FetchRetry,
    /// The refresh of the token in use is due.
    Refresh,
    /// The token in use expires.
    Expiry,
    /// The time limit for `Settled` queries that wait for auth to settle.
    Patience,
}

impl Timer {
    const ALL: [Self; 12] = [
        Self::Dial,
        Self::Redial,
        Self::Inactivity,
        Self::Answer,
        Self::Probe,
        Self::Transition,
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
    /// Arms a timer, and replaces its earlier deadline.
    pub(crate) fn set(&mut self, timer: Timer, deadline: Time) {
        self.0[timer as usize] = Some(deadline);
    }

    /// Arms a timer, unless it is armed.
    pub(crate) fn set_if_unset(&mut self, timer: Timer, deadline: Time) {
        self.0[timer as usize].get_or_insert(deadline);
    }

    /// Arms a timer, or disarms it if `deadline` is `None`.
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
    fn every_timer_has_its_own_deadline() {
        for (index, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, index);
        }
    }

    #[test]
    fn longest_overdue_timer_expires_first_and_once() {
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
