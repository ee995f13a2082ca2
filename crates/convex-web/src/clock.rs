//! The browser's clocks.

use crate::sync::{Time, UnixMillis};
use js_sys::Date;
use std::{cell::Cell, time::Duration};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // Declared here rather than taken from `window`, so that it also works in a worker.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// By how much the offset of the two clocks must change between two checks to count as a jump, in
/// milliseconds.
const JUMP_MS: f64 = 1000.0;

/// The monotonic clock of the browser, and its offset from the wall clock.
///
/// On many machines the monotonic clock stops during sleep and the wall clock does not. If their
/// offset changes, the machine has slept, or the wall clock was set.
pub(crate) struct BrowserClock {
    start: f64,
    offset: Cell<f64>,
}

impl BrowserClock {
    pub(crate) fn start() -> Self {
        let start = performance_now();
        Self { start, offset: Cell::new(Date::now() - start) }
    }

    /// The time since this clock was started.
    pub(crate) fn now(&self) -> Time {
        let micros = (performance_now() - self.start) * 1000.0;
        Time::new(Duration::from_micros(micros as u64))
    }

    pub(crate) fn wall_clock(&self) -> UnixMillis {
        UnixMillis(Date::now() as i64)
    }

    /// Whether the wall clock has jumped since the last call.
    pub(crate) fn jumped(&self) -> bool {
        let offset = Date::now() - performance_now();
        (offset - self.offset.replace(offset)).abs() > JUMP_MS
    }
}
