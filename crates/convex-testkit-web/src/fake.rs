//! The deployment as a test sees it.

use crate::link::{Line, Parcel};
use convex_testkit::{Deployment, Functions, Output, TestIssuer, Time, UnixMillis};
use convex_web::sync::Token;
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    fmt,
    rc::Rc,
    time::Duration,
};
use wasm_bindgen_futures::spawn_local;

/// A model deployment that clients dial: it is a [`Dial`](convex_web::Dial), and clones are the
/// same deployment.
#[derive(Clone)]
pub struct FakeDeployment(pub(crate) Rc<Inner>);

/// What becomes of a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Dials {
    #[default]
    Succeed,
    Fail,
    Hang,
}

pub(crate) struct Inner {
    deployment: RefCell<Deployment>,
    issuer: TestIssuer,
    started: f64,
    wall_clock_at_start: UnixMillis,
    timer: RefCell<Option<Timeout>>,
    pub(crate) dials: Cell<Dials>,
    pub(crate) dialled: Cell<usize>,
    /// Sockets that nobody has let go, by number.
    pub(crate) lines: RefCell<BTreeMap<usize, Line>>,
    pub(crate) sent: RefCell<Vec<String>>,
    parcels: RefCell<VecDeque<Parcel>>,
    held: Cell<bool>,
    delivering: Cell<bool>,
}

impl FakeDeployment {
    /// The URL to give to its clients. Any other does as well.
    pub const URL: &str = "https://fake.convex.test";

    /// A deployment with these functions and no data. Its clock is the browser's.
    pub fn new(functions: Functions) -> Self {
        let issuer = TestIssuer::new("https://issuer.convex.test", "convex");
        let wall_clock = UnixMillis(js_sys::Date::now() as i64);
        Self(Rc::new(Inner {
            deployment: RefCell::new(Deployment::new(functions, issuer.clone(), wall_clock)),
            issuer,
            started: performance_now(),
            wall_clock_at_start: wall_clock,
            timer: RefCell::default(),
            dials: Cell::default(),
            dialled: Cell::new(0),
            lines: RefCell::default(),
            sent: RefCell::default(),
            parcels: RefCell::default(),
            held: Cell::new(false),
            delivering: Cell::new(false),
        }))
    }

    /// Looks at the deployment or does something to it; what it wants to send then is on its way.
    pub fn deployment<R>(&self, action: impl FnOnce(&mut Deployment, Time) -> R) -> R {
        self.0.act(action)
    }

    // ---- tokens ----

    /// A token for `subject`, good for an hour.
    pub fn token(&self, subject: &str) -> Token {
        self.token_for(subject, Duration::from_secs(3600))
    }

    /// A token for `subject`, good for this long; JWTs count whole seconds.
    pub fn token_for(&self, subject: &str, lifetime: Duration) -> Token {
        // The deployment's clock now. `Deployment::unix_time` stands still while nothing happens to
        // it, and then equal claims would be equal tokens. The page's clock may be wrong: tests
        // change it.
        let now = self.0.wall_clock_at_start.after(self.0.now().since_start());
        Token::new(self.0.issuer.token(subject, now, now.after(lifetime)))
    }

    /// Who mints the tokens, for other ones than these.
    pub fn issuer(&self) -> &TestIssuer {
        &self.0.issuer
    }

    // ---- the network ----

    /// From now on every dial succeeds, as in the beginning.
    pub fn accept_dials(&self) {
        self.0.dials.set(Dials::Succeed);
    }

    /// From now on every dial is refused.
    pub fn refuse_dials(&self) {
        self.0.dials.set(Dials::Fail);
    }

    /// From now on every dial hangs.
    pub fn hang_dials(&self) {
        self.0.dials.set(Dials::Hang);
    }

    /// Keeps back whatever is on its way to clients, an opened socket included, until it is
    /// [released](Self::release).
    pub fn hold(&self) {
        self.0.held.set(true);
    }

    /// Delivers what was kept back, each in a task of its own, and keeps nothing back any more.
    pub fn release(&self) {
        self.0.held.set(false);
        self.0.schedule_delivery();
    }

    /// How many sockets are open.
    pub fn open_sockets(&self) -> usize {
        self.0.lines.borrow().values().filter(|line| line.connection.is_some()).count()
    }

    /// How many sockets are being opened.
    pub fn opening_sockets(&self) -> usize {
        self.0.lines.borrow().values().filter(|line| line.connection.is_none()).count()
    }

    /// How many sockets were ever dialled.
    pub fn dialled(&self) -> usize {
        self.0.dialled.get()
    }

    /// Every frame that clients sent, in order.
    pub fn sent(&self) -> Vec<String> {
        self.0.sent.borrow().clone()
    }

    /// Like [`sent`](Self::sent), and forgets them.
    pub fn take_sent(&self) -> Vec<String> {
        self.0.sent.take()
    }
}

impl fmt::Debug for FakeDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeDeployment").field("dialled", &self.dialled()).finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn act<R>(self: &Rc<Self>, action: impl FnOnce(&mut Deployment, Time) -> R) -> R {
        let mut deployment = self.deployment.borrow_mut();
        let result = action(&mut deployment, self.now());
        while let Some(output) = deployment.poll_output() {
            self.post(output);
        }
        let due = deployment.poll_timeout();
        drop(deployment);
        self.arm_timer(due);
        result
    }

    pub(crate) fn send_parcel(self: &Rc<Self>, parcel: Parcel) {
        self.parcels.borrow_mut().push_back(parcel);
        self.schedule_delivery();
    }

    fn now(&self) -> Time {
        Time::new(Duration::from_secs_f64((performance_now() - self.started).max(0.0) / 1000.0))
    }

    fn post(self: &Rc<Self>, output: Output) {
        let connection = match &output {
            Output::Send { connection, .. }
            | Output::Close { connection, .. }
            | Output::Drop { connection } => *connection,
        };
        let line = self
            .lines
            .borrow()
            .iter()
            .find(|(_, line)| line.connection == Some(connection))
            .map(|(&number, _)| number);
        if let Some(line) = line {
            self.send_parcel(Parcel::of(line, output));
        }
    }

    fn arm_timer(self: &Rc<Self>, due: Option<Time>) {
        let inner = Rc::downgrade(self);
        let timer = due.map(|due| {
            Timeout::new((due - self.now()).as_millis() as u32 + 1, move || {
                if let Some(inner) = inner.upgrade() {
                    inner.act(Deployment::handle_timeout);
                }
            })
        });
        self.timer.replace(timer);
    }

    /// One task of the event loop for each parcel, like a browser.
    fn schedule_delivery(self: &Rc<Self>) {
        if self.delivering.replace(true) {
            return;
        }
        let inner = Rc::downgrade(self);
        spawn_local(async move {
            loop {
                TimeoutFuture::new(0).await;
                let Some(inner) = inner.upgrade() else { return };
                if !inner.deliver_next() {
                    inner.delivering.set(false);
                    return;
                }
            }
        });
    }

    fn deliver_next(self: &Rc<Self>) -> bool {
        if self.held.get() {
            return false;
        }
        let parcel = self.parcels.borrow_mut().pop_front();
        let delivered = parcel.is_some();
        if let Some(parcel) = parcel {
            self.deliver(parcel);
        }
        delivered
    }
}

fn performance_now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).expect("component tests run in a page").now()
}
