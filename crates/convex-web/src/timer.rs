//! The timer of a client.

use crate::sync::Time;
use gloo_timers::callback::Timeout;
use std::{cell::RefCell, time::Duration};

/// How often the clock is checked for a jump while a deadline is pending and the page is visible.
/// After a machine wakes up, this and the core's
/// [`probe_timeout`](crate::sync::Config::probe_timeout) add up to the 5 s within which the client
/// has proved its connection or redials. A hidden page gets an event when it becomes visible.
const CLOCK_CHECK: Duration = Duration::from_secs(2);

/// The longest delay of a browser's timer. Beyond 2^31 ms it fires at once.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// A timer with at most one deadline.
#[derive(Default)]
pub(crate) struct BrowserTimer(RefCell<Option<ArmedTimer>>);

struct ArmedTimer {
    at: Time,
    _timeout: Timeout,
}

impl BrowserTimer {
    /// Calls `fire` at `due` or earlier, once; never if nothing is due.
    pub(crate) fn arm(&self, now: Time, due: Option<Time>, fire: impl FnOnce() + 'static) {
        let Some(due) = due else {
            self.0.take();
            return;
        };
        let mut armed = self.0.borrow_mut();
        // A timer that fires earlier is kept and armed again when it fires. That is cheaper than
        // arming it after every frame.
        let is_early = |at| armed.as_ref().is_some_and(|armed| armed.at <= at);
        if is_early(due.min(now + CLOCK_CHECK)) {
            return;
        }
        let at = due.min(now + if page_is_visible() { CLOCK_CHECK } else { LONGEST });
        if !is_early(at) {
            *armed = Some(ArmedTimer { at, _timeout: Timeout::new(whole_millis(at - now), fire) });
        }
    }

    /// Marks the timer as fired: it is no longer armed.
    pub(crate) fn fired(&self) {
        self.0.take();
    }
}

/// Rounded up: a timer that fires slightly early would have to be armed again.
fn whole_millis(delay: Duration) -> u32 {
    let millis = delay.as_nanos().div_ceil(1_000_000);
    u32::try_from(millis).unwrap_or(i32::MAX as u32)
}

fn page_is_visible() -> bool {
    web_sys::window().and_then(|window| window.document()).is_none_or(|document| !document.hidden())
}
