//! The one timer of a client.

use crate::sync::Time;
use gloo_timers::callback::Timeout;
use std::{cell::RefCell, time::Duration};

/// How often the clock is looked at for a jump while the core waits for something and the page is
/// visible. With the core's [`probe_timeout`](crate::sync::Config::probe_timeout) it makes the 5 s
/// in which a woken machine is proven to be connected or redials. A hidden page is told when it
/// becomes visible.
const CLOCK_CHECK: Duration = Duration::from_secs(2);

/// The longest a browser waits: beyond 2^31 ms it does not wait at all.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// A timer that is armed for one moment at most.
#[derive(Default)]
pub(crate) struct Timer(RefCell<Option<Armed>>);

struct Armed {
    at: Time,
    _timeout: Timeout,
}

impl Timer {
    /// Sees to it that `fire` is called at `due` or earlier, or not at all where nothing is due.
    pub(crate) fn arm(&self, now: Time, due: Option<Time>, fire: impl FnOnce() + 'static) {
        let Some(due) = due else {
            self.0.take();
            return;
        };
        let mut armed = self.0.borrow_mut();
        // One that fires earlier will do: it is armed anew then. That is cheaper than doing so
        // after every frame.
        let is_early = |at| armed.as_ref().is_some_and(|armed| armed.at <= at);
        if is_early(due.min(now + CLOCK_CHECK)) {
            return;
        }
        let at = due.min(now + if page_is_visible() { CLOCK_CHECK } else { LONGEST });
        if !is_early(at) {
            *armed = Some(Armed { at, _timeout: Timeout::new(whole_millis(at - now), fire) });
        }
    }

    /// It fired, so it is not armed any more.
    pub(crate) fn fired(&self) {
        self.0.take();
    }
}

/// Rounded up: a timer that fires a little early would only have to be armed again.
fn whole_millis(delay: Duration) -> u32 {
    let millis = delay.as_nanos().div_ceil(1_000_000);
    u32::try_from(millis).unwrap_or(i32::MAX as u32)
}

fn page_is_visible() -> bool {
    web_sys::window().and_then(|window| window.document()).is_none_or(|document| !document.hidden())
}
