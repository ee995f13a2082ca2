//! The deployment and its sockets, driven by the browser's timers.

use crate::delivery::{ClientEnd, Delivery, PendingEvent};
use convex_testkit::{Deployment, DialOutcome, Functions, Output, TestIssuer, Time, UnixMillis};
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen_futures::spawn_local;

/// A deployment and its sockets.
pub(crate) struct FakeNetwork {
    deployment: RefCell<Deployment>,
    pub(crate) issuer: TestIssuer,
    started: f64,
    wall_clock_at_start: UnixMillis,
    timer: RefCell<Option<Timeout>>,
    /// The outcome of later dials.
    pub(crate) dials: Cell<DialOutcome>,
    pub(crate) dialled: Cell<usize>,
    /// The sockets that no client has closed, by number.
    pub(crate) client_ends: RefCell<BTreeMap<usize, ClientEnd>>,
    pub(crate) sent: RefCell<Vec<String>>,
    deliveries: RefCell<VecDeque<Delivery>>,
    is_paused: Cell<bool>,
    is_delivering: Cell<bool>,
}

impl FakeNetwork {
    pub(crate) fn new(functions: Functions) -> Self {
        let issuer = TestIssuer::new("https://issuer.convex.test", "convex");
        let wall_clock = UnixMillis(js_sys::Date::now() as i64);
        Self {
            deployment: RefCell::new(Deployment::new(functions, issuer.clone(), wall_clock)),
            issuer,
            started: performance_now(),
            wall_clock_at_start: wall_clock,
            timer: RefCell::default(),
            dials: Cell::new(DialOutcome::Accepted),
            dialled: Cell::new(0),
            client_ends: RefCell::default(),
            sent: RefCell::default(),
            deliveries: RefCell::default(),
            is_paused: Cell::new(false),
            is_delivering: Cell::new(false),
        }
    }

    /// Runs `action` on the deployment and puts its output on the way.
    pub(crate) fn run<R>(self: &Rc<Self>, action: impl FnOnce(&mut Deployment, Time) -> R) -> R {
        let mut deployment = self.deployment.borrow_mut();
        let result = action(&mut deployment, self.now());
        while let Some(output) = deployment.poll_output() {
            self.route(output);
        }
        let due = deployment.poll_timeout();
        drop(deployment);
        self.arm_timer(due);
        result
    }

    /// The deployment's wall clock. `Deployment::unix_time` only advances when the deployment runs,
    /// and tests change the page's clock.
    pub(crate) fn unix_time(&self) -> UnixMillis {
        self.wall_clock_at_start.after(self.now().since_start())
    }

    pub(crate) fn pause(&self) {
        self.is_paused.set(true);
    }

    pub(crate) fn resume(self: &Rc<Self>) {
        self.is_paused.set(false);
        self.schedule_delivery();
    }

    pub(crate) fn send(self: &Rc<Self>, delivery: Delivery) {
        self.deliveries.borrow_mut().push_back(delivery);
        self.schedule_delivery();
    }

    fn now(&self) -> Time {
        Time::new(Duration::from_secs_f64((performance_now() - self.started).max(0.0) / 1000.0))
    }

    fn route(self: &Rc<Self>, output: Output) {
        let connection = match &output {
            Output::Send { connection, .. }
            | Output::Close { connection, .. }
            | Output::Drop { connection } => *connection,
        };
        let socket = self
            .client_ends
            .borrow()
            .iter()
            .find(|(_, end)| end.connection == Some(connection))
            .map(|(&number, _)| number);
        if let Some(socket) = socket {
            self.send(Delivery { socket, event: output.into() });
        }
    }

    fn arm_timer(self: &Rc<Self>, due: Option<Time>) {
        let network = Rc::downgrade(self);
        let timer = due.map(|due| {
            Timeout::new((due - self.now()).as_millis() as u32 + 1, move || {
                if let Some(network) = network.upgrade() {
                    network.run(Deployment::handle_timeout);
                }
            })
        });
        self.timer.replace(timer);
    }

    /// Delivers each event in a task of its own, as a browser does.
    fn schedule_delivery(self: &Rc<Self>) {
        if self.is_delivering.replace(true) {
            return;
        }
        let network = Rc::downgrade(self);
        spawn_local(async move {
            loop {
                TimeoutFuture::new(0).await;
                let Some(network) = network.upgrade() else { return };
                if !network.deliver_next() {
                    network.is_delivering.set(false);
                    return;
                }
            }
        });
    }

    /// Returns whether there was something to deliver.
    fn deliver_next(self: &Rc<Self>) -> bool {
        if self.is_paused.get() {
            return false;
        }
        let delivery = self.deliveries.borrow_mut().pop_front();
        let delivered = delivery.is_some();
        if let Some(delivery) = delivery {
            self.deliver(delivery);
        }
        delivered
    }

    /// Events of a closed socket are dropped.
    fn deliver(self: &Rc<Self>, Delivery { socket, event }: Delivery) {
        let Some((events, version)) =
            self.client_ends.borrow().get(&socket).map(|end| (end.events.clone(), end.version))
        else {
            return;
        };
        match event {
            PendingEvent::Opened => {
                let connection = self.run(|deployment, now| deployment.open(now, version));
                if let Some(end) = self.client_ends.borrow_mut().get_mut(&socket) {
                    end.connection = Some(connection);
                }
                events.opened();
            }
            PendingEvent::Text(text) => events.text(&text),
            PendingEvent::Closed { code, reason } => {
                self.client_ends.borrow_mut().remove(&socket);
                events.closed(code, &reason);
            }
        }
    }
}

fn performance_now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).expect("component tests run in a page").now()
}
