//! The browser's clocks.

use crate::sync::{Time, UnixMillis};
use js_sys::Date;
use std::{cell::Cell, time::Duration};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // Declared here rather than taken from `window`, so that it works in a worker, too.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// How far the two clocks may come apart between two looks before it counts as a jump, in
/// milliseconds.
const JUMP: f64 = 1000.0;

/// A clock that never goes back, and an eye on the wall clock.
///
/// The first one stands still while many machines sleep, the second one does not: when they come
/// apart, the machine has slept, or somebody set the clock.
pub(crate) struct Clock {
    start: f64,
    apart: Cell<f64>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let start = performance_now();
        Self { start, apart: Cell::new(Date::now() - start) }
    }

    /// The time since this clock was started.
    pub(crate) fn now(&self) -> Time {
        let micros = (performance_now() - self.start) * 1000.0;
        Time::new(Duration::from_micros(micros as u64))
    }

    pub(crate) fn wall_clock(&self) -> UnixMillis {
        UnixMillis(Date::now() as i64)
    }

    /// Whether the wall clock jumped since this was last asked.
    pub(crate) fn jumped(&self) -> bool {
        let apart = Date::now() - performance_now();
        (apart - self.apart.replace(apart)).abs() > JUMP
    }
}
