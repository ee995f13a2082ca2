//! The thread-local registry of drivers.

use super::Driver;
use crate::{Dial, sync::Config};
use std::{
    cell::RefCell,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
};

thread_local! {
    static DRIVERS: RefCell<Vec<(u64, Rc<Driver>)>> = const { RefCell::new(Vec::new()) };
}

/// The id of a driver, which lives as long as this.
///
/// A client must be `Send + Sync`, but sockets, timers and listeners cannot leave their thread. So
/// the client holds an id only, and the driver is in a thread-local. On another thread the id is
/// unknown.
pub(crate) struct Backend(u64);

impl Backend {
    pub(crate) fn start(
        url: &str,
        config: Config,
        dial: Box<dyn Dial>,
        unsaved_changes_warning: bool,
    ) -> Self {
        Self::register(Driver::start(url, config, dial, unsaved_changes_warning))
    }

    pub(crate) fn closed() -> Self {
        Self::register(Driver::closed())
    }

    fn register(driver: Rc<Driver>) -> Self {
        // One counter for all threads, so that an id never names a driver of another thread.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        DRIVERS.with_borrow_mut(|drivers| drivers.push((id, driver)));
        Self(id)
    }

    pub(super) fn driver(&self) -> Rc<Driver> {
        DRIVERS
            .with_borrow(|drivers| {
                drivers.iter().find(|(id, _)| *id == self.0).map(|(_, driver)| Rc::clone(driver))
            })
            .expect("a client in a browser is used on the thread that created it")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let driver = DRIVERS.with_borrow_mut(|drivers| {
            let at = drivers.iter().position(|(id, _)| *id == self.0)?;
            Some(drivers.swap_remove(at).1)
        });
        if let Some(driver) = driver {
            // An optimistic update may drop the last handle: the driver lives until it has closed.
            driver.clone().when_idle(move || driver.close());
        }
    }
}
