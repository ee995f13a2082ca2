//! The client in a browser: it carries out what the core asks for and feeds it what happens.

mod batch;
mod commands;
mod fetch;
mod link;
mod registry;
mod step;

pub(crate) use registry::Backend;

use crate::{
    Dial, WakeListener, WebSocketDialer,
    clock::Clock,
    listeners::Listeners,
    random::random_bytes,
    request::Settle,
    sync::{Config, RequestId, SessionId, SyncClient},
    timer::Timer,
    unload_prompt::UnloadPrompt,
    url::socket_url,
};
use batch::Batch;
use fetch::Fetching;
use link::Link;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
};

/// What runs one client.
///
/// `change` alone borrows the core to change it. Meanwhile no code but optimistic updates and the
/// filters of suspensions runs; a command of these [waits](Self::is_busy) until the change is over.
/// What comes out of the core waits in `batches` until [`deliver`](Self::deliver), which may be
/// running already further up the stack, gets to it. So a command of a listener takes effect in the
/// core at once, and listeners are told of it in its turn.
pub(crate) struct Driver {
    me: Weak<Self>,
    core: RefCell<SyncClient>,
    clock: Clock,
    dial: Box<dyn Dial>,
    /// Where sockets are opened; `None` where the deployment's URL is none, and the core has
    /// stopped.
    socket_url: Option<String>,
    batches: RefCell<VecDeque<Batch>>,
    delivering: Cell<bool>,
    flush_scheduled: Cell<bool>,
    link: Link,
    fetching: Fetching,
    /// In the order they were called, which is that of their ids.
    requests: RefCell<Vec<(RequestId, Settle)>>,
    listeners: Listeners,
    timer: Timer,
    /// `None` where the app does not want one.
    unload_prompt: Option<UnloadPrompt>,
    wake: RefCell<Option<WakeListener>>,
}

impl Driver {
    /// A running driver: it dials before this returns.
    fn start(url: &str, config: Config, dial: Box<dyn Dial>, unsaved_changes_warning: bool) -> Rc<Self> {
        let (socket_url, problem) = match socket_url(url) {
            Ok(url) => (Some(url), None),
            Err(problem) => (None, Some(problem)),
        };
        let driver = Self::new(socket_url, config, dial, unsaved_changes_warning);
        driver.command(move |core, now| {
            if let Some(problem) = problem {
                core.fail(now, problem.to_string());
            }
        });
        driver
    }

    /// A driver of a client that is closed already: it never dials.
    fn closed() -> Rc<Self> {
        let driver = Self::new(None, Config::default(), Box::new(WebSocketDialer), false);
        driver.close();
        driver
    }

    fn new(
        socket_url: Option<String>,
        config: Config,
        dial: Box<dyn Dial>,
        unsaved_changes_warning: bool,
    ) -> Rc<Self> {
        let clock = Clock::start();
        let session = SessionId::from_random_bytes(random_bytes());
        let core = SyncClient::new(config, session, u64::from_le_bytes(random_bytes()), clock.wall_clock());
        Rc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            core: RefCell::new(core),
            clock,
            dial,
            socket_url,
            batches: RefCell::default(),
            delivering: Cell::new(false),
            flush_scheduled: Cell::new(false),
            link: Link::default(),
            fetching: Fetching::default(),
            requests: RefCell::default(),
            listeners: Listeners::default(),
            timer: Timer::default(),
            unload_prompt: unsaved_changes_warning.then(UnloadPrompt::default),
            wake: RefCell::new(Some(WakeListener::telling_network_changes({
                let me = me.clone();
                move |network_changed| {
                    if let Some(driver) = me.upgrade() {
                        driver.woke(network_changed);
                    }
                }
            }))),
        })
    }

    /// Stops for good, and leaves nothing on the page.
    pub(crate) fn close(&self) {
        self.command(|core, now| core.close(now));
        self.wake.take();
        self.fetching.stop();
        if let Some(prompt) = &self.unload_prompt {
            prompt.stop();
        }
    }
}
