//! Where the drivers live.

use super::Driver;
use crate::{Dial, sync::Config};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
};

thread_local! {
    static DRIVERS: RefCell<BTreeMap<u64, Rc<Driver>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Names a driver that lives as long as this does.
///
/// A driver is full of things that cannot leave their thread, while a client must be `Send + Sync`. A number can be both; on another thread it
/// simply names nothing.
pub(crate) struct Backend(u64);

impl Backend {
    pub(crate) fn start(
        url: &str,
        config: Config,
        dial: Box<dyn Dial>,
        unsaved_changes_warning: bool,
    ) -> Self {
        // Counted over all threads, so that the number of one thread's driver never names another's.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let driver = Driver::start(url, config, dial, unsaved_changes_warning);
        DRIVERS.with_borrow_mut(|drivers| drivers.insert(id, driver));
        Self(id)
    }

    pub(crate) fn driver(&self) -> Rc<Driver> {
        DRIVERS
            .with_borrow(|drivers| drivers.get(&self.0).cloned())
            .expect("a client in a browser is used on the thread that made it")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let driver = DRIVERS.with_borrow_mut(|drivers| drivers.remove(&self.0));
        if let Some(driver) = driver {
            driver.close();
        }
    }
}
