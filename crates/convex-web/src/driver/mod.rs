//! The driver of a client in the browser: it connects the core to sockets, timers, page events and
//! token fetches.

mod backend;
mod batch;
mod registry;
mod requests;
mod socket;
mod step;
mod token_fetch;

pub(crate) use registry::Backend;

use crate::{
    Dial, WakeListener, WebSocketDialer,
    clock::BrowserClock,
    listeners::Listeners,
    random::random_bytes,
    sync::{Config, SessionId, SyncClient},
    timer::BrowserTimer,
    unload_prompt::UnloadPrompt,
    url::socket_url,
};
use batch::Batch;
use requests::PendingOutcomes;
use socket::CurrentSocket;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
};
use token_fetch::TokenFetches;

/// The driver of one client. `step.rs` describes its loop.
///
/// Only `change` borrows the core mutably. Meanwhile no app code runs except optimistic updates and
/// the filters of suspensions; a command that they call is deferred until the change has ended. The
/// events of the core wait in `batches` until they are delivered. So a command of a listener
/// changes the core at once, and its update reaches the listeners after the current one.
pub(crate) struct Driver {
    me: Weak<Self>,
    core: RefCell<SyncClient>,
    clock: BrowserClock,
    dial: Box<dyn Dial>,
    /// `None` if the deployment's URL is invalid; then the core has stopped.
    socket_url: Option<String>,
    batches: RefCell<VecDeque<Batch>>,
    delivering: Cell<bool>,
    flush_scheduled: Cell<bool>,
    socket: CurrentSocket,
    token_fetches: TokenFetches,
    requests: PendingOutcomes,
    listeners: Listeners,
    timer: BrowserTimer,
    /// `None` if the app has turned it off.
    unload_prompt: Option<UnloadPrompt>,
    wake: RefCell<Option<WakeListener>>,
}

impl Driver {
    /// Starts a driver. It dials before this returns.
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

    /// Creates the driver of a closed client. It never dials.
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
        let clock = BrowserClock::start();
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
            socket: CurrentSocket::default(),
            token_fetches: TokenFetches::default(),
            requests: PendingOutcomes::default(),
            listeners: Listeners::default(),
            timer: BrowserTimer::default(),
            unload_prompt: unsaved_changes_warning.then(UnloadPrompt::default),
            wake: RefCell::new(Some(WakeListener::with_network_changes({
                let me = me.clone();
                move |network_changed| {
                    if let Some(driver) = me.upgrade() {
                        driver.woke(network_changed);
                    }
                }
            }))),
        })
    }

    /// Closes the client and removes everything that the driver has registered on the page.
    fn close(&self) {
        self.command(|core, now| core.close(now));
        self.wake.take();
        self.token_fetches.stop();
        if let Some(prompt) = &self.unload_prompt {
            prompt.stop();
        }
    }
}
