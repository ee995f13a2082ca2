//! Points in time and wall clock readings. The core has no clock: the caller passes both in.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// A point in time, measured from the client's creation on a monotonic clock. It saturates after
/// about 584 years.
///
/// ```
/// use convex_sync::Time;
/// use std::time::Duration;
///
/// let later = Time::ZERO + Duration::from_millis(1500);
/// assert_eq!(later.to_string(), "1.500s");
/// assert_eq!(later - Time::ZERO, Duration::from_millis(1500));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    nanos_since_start: u64,
}

impl Time {
    /// When the client was created.
    pub const ZERO: Self = Self { nanos_since_start: 0 };

    /// The point in time `since_start` after the client was created.
    pub const fn new(since_start: Duration) -> Self {
        Self { nanos_since_start: nanos(since_start) }
    }

    /// The time from the client's creation until then.
    ///
    /// ```
    /// # use convex_sync::Time;
    /// # let due = Time::new(std::time::Duration::from_secs(2));
    /// // A driver whose clock started with the client sleeps this long.
    /// let sleep = due.since_start();
    /// # assert_eq!(sleep, std::time::Duration::from_secs(2));
    /// ```
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.nanos_since_start)
    }

    pub(crate) const fn millis_since_start(self) -> i64 {
        (self.nanos_since_start / NANOS_PER_MILLI) as i64
    }
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const NANOS_PER_MILLI: u64 = 1_000_000;

/// Not by a saturating multiplication: in WASM, that is a 128-bit product, inlined wherever a
/// deadline is computed.
const fn nanos(duration: Duration) -> u64 {
    if duration.as_secs() >= u64::MAX / NANOS_PER_SECOND {
        return u64::MAX;
    }
    duration.as_secs() * NANOS_PER_SECOND + duration.subsec_nanos() as u64
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self { nanos_since_start: self.nanos_since_start.saturating_add(nanos(rhs)) }
    }
}

impl Sub for Time {
    type Output = Duration;

    /// The time from `rhs` to `self`; zero if `rhs` is later.
    fn sub(self, rhs: Self) -> Duration {
        Duration::from_nanos(self.nanos_since_start.saturating_sub(rhs.nanos_since_start))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Time").field(&self.since_start()).finish()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.since_start().as_secs_f64())
    }
}

/// A reading of a wall clock, in milliseconds since 1970-01-01 UTC.
///
/// It enters the core as data and may be wrong by minutes, so no timer depends on it. It is sent as
/// `clientTs` and, corrected by the server's skew, compared with a token's expiry.
///
/// ```
/// use convex_sync::UnixMillis;
/// use std::time::{Duration, SystemTime};
///
/// let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
/// let now = UnixMillis(i64::try_from(since_1970.as_millis())?);
/// assert!(now.after(Duration::from_millis(1500)) == UnixMillis(now.0 + 1500));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The wall clock reading `duration` later.
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}
