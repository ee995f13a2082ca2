//! The clock of the server, for issued tokens and for the deployment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use convex_testkit::{Time, UnixMillis};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::Instant;

/// A monotonic clock, and the wall clock's time at its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerClock {
    started: Instant,
    started_at: UnixMillis,
}

impl ServerClock {
    pub(crate) fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let started_at = UnixMillis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX));
        Self { started: Instant::now(), started_at }
    }

    pub(crate) fn started_at(&self) -> UnixMillis {
        self.started_at
    }

    pub(crate) fn now(&self) -> Time {
        Time::new(self.started.elapsed())
    }

    pub(crate) fn unix_now(&self) -> UnixMillis {
        self.started_at.after(self.started.elapsed())
    }

    /// The instant at which this clock reads `time`.
    pub(crate) fn instant(&self, time: Time) -> Instant {
        self.started + time.since_start()
    }
}

/// A date as JavaScript writes it into JSON, like `2026-11-20T23:49:00Z`.
pub(crate) fn rfc3339(moment: UnixMillis) -> String {
    let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000_000);
    date.ok().and_then(|date| date.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_formatted_as_in_javascript() {
        assert_eq!(rfc3339(UnixMillis(1_700_000_000_123)), "2023-11-14T22:13:20.123Z");
    }
}
