//! The loop of the driver: change the core, drain its events, carry them out.
//!
//! 1. A *step* borrows the core, runs one command on it and drains its events into a [`Batch`] at
//!    the end of the queue `batches`. If the clock has jumped since the last step, the machine was
//!    asleep, and the core first gets the input `Woke`.
//! 2. A *delivery* carries out the batches in order, with nothing borrowed: sockets and token
//!    fetches, then listeners, then the futures of requests. A command that is called meanwhile
//!    changes the core at once, and its batch is queued. Only one delivery runs at a time; it ends
//!    when the queue is empty.
//! 3. A *flush* sends the frames, in a microtask after the event. So all commands of one event
//!    travel in one frame, and the page is updated before the browser spends time on sending.
//!
//! Every step costs one drain of the events, and every delivery one look at the core's next
//! deadline. Nothing depends on the number of queries.

use super::{Batch, Driver, batch::Task};
use crate::sync::{Input, SyncClient, Time};
use std::{future::poll_fn, task::Poll};
use wasm_bindgen_futures::spawn_local;

/// Boxed, so that only the box is compiled for each command.
type BoxedCommand = Box<dyn FnOnce(&mut SyncClient, Time)>;

impl Driver {
    /// Runs a command on the core and delivers the events, unless a delivery is running: then that
    /// one delivers them. While the core is [busy](Self::is_busy), the command is deferred.
    pub(super) fn command(&self, command: impl FnOnce(&mut SyncClient, Time) + 'static) {
        self.boxed_command(Box::new(command));
    }

    fn boxed_command(&self, command: BoxedCommand) {
        if self.is_busy() {
            self.defer(move |driver| driver.boxed_command(command));
        } else {
            self.call(command);
        }
    }

    /// As [`command`](Self::command), for a command that returns a value; `None` while the core is
    /// [busy](Self::is_busy).
    pub(super) fn call<T>(&self, command: impl FnOnce(&mut SyncClient, Time) -> T) -> Option<T> {
        let returned = self.step(command)?;
        self.deliver();
        Some(returned)
    }

    /// Passes an input to the core and delivers the events.
    pub(super) fn input(&self, input: Input<'static>) {
        self.command(move |core, now| core.handle(now, input));
    }

    /// The page woke up.
    pub(super) fn woke(&self, network_changed: bool) {
        self.input(Input::Woke { wall_clock: self.clock.wall_clock(), network_changed });
    }

    /// Runs a command on the core and drains the events; the caller [delivers](Self::deliver) them.
    /// `None` while the core is [busy](Self::is_busy).
    pub(super) fn step<T>(&self, command: impl FnOnce(&mut SyncClient, Time) -> T) -> Option<T> {
        self.schedule_flush();
        let (mut command, mut returned) = (Some(command), None);
        self.change(&mut |core, now| returned = command.take().map(|command| command(core, now)));
        returned
    }

    /// Calls `task` now, or once the core is free.
    pub(super) fn when_idle(&self, task: impl FnOnce() + 'static) {
        if self.is_busy() {
            self.defer(move |_| task());
        } else {
            task();
        }
    }

    /// Whether the core is being changed further up the stack. Then the caller is app code that the
    /// core runs: an optimistic update, the filter of a suspension, or a destructor of these.
    fn is_busy(&self) -> bool {
        self.core.try_borrow_mut().is_err()
    }

    /// Calls `call` right after the change that is under way.
    fn defer(&self, call: impl FnOnce(&Self) + 'static) {
        let batch = Batch { tasks: vec![Task::Call(Box::new(call))], ..Batch::default() };
        self.batches.borrow_mut().push_back(batch);
    }

    /// Carries out all batches in order, including those that are added meanwhile.
    ///
    /// Nothing is delivered while the core is busy: an exception out of an optimistic update leaves
    /// it so, and a deferred call would be deferred again without end.
    pub(super) fn deliver(&self) {
        if self.is_busy() || self.delivering.replace(true) {
            return;
        }
        while let Some(batch) = self.next_batch() {
            self.perform(batch);
        }
        self.delivering.set(false);
        self.arm_timer();
        if let Some(prompt) = &self.unload_prompt {
            prompt.show_when(self.core.borrow().in_flight().count() > 0);
        }
    }

    /// The only function that borrows the core mutably. It does nothing while the core is
    /// [busy](Self::is_busy).
    fn change(&self, command: &mut dyn FnMut(&mut SyncClient, Time)) {
        let Ok(mut core) = self.core.try_borrow_mut() else { return };
        let now = self.read_clock(&mut core);
        command(&mut core, now);
        self.drain(&mut core);
    }

    /// Returns the time. If the clock has jumped, passes `Woke` to the core.
    fn read_clock(&self, core: &mut SyncClient) -> Time {
        let now = self.clock.now();
        if self.clock.jumped() {
            let wall_clock = self.clock.wall_clock();
            core.handle(now, Input::Woke { wall_clock, network_changed: false });
            self.drain(core);
        }
        now
    }

    fn drain(&self, core: &mut SyncClient) {
        if let Some(batch) = Batch::drain(core) {
            self.batches.borrow_mut().push_back(batch);
        }
    }

    fn next_batch(&self) -> Option<Batch> {
        self.batches.borrow_mut().pop_front()
    }

    /// First the tasks, then the update, then the outcomes: code that awaits a mutation finds its
    /// writes on the page.
    fn perform(&self, batch: Batch) {
        for task in batch.tasks {
            match task {
                Task::Open(socket) => self.open_socket(socket),
                Task::Close(socket) => self.socket.close(socket),
                Task::Fetch { fetch, force } => self.start_fetch(fetch, force),
                Task::DropFetch(fetch) => self.token_fetches.abort(fetch),
                Task::Call(call) => call(self),
            }
        }
        if let Some(update) = batch.update {
            self.listeners.call(&update);
        }
        for (request, outcome) in batch.responses {
            self.requests.settle(request, outcome);
        }
    }

    /// Delivers in a microtask, right after the current event.
    pub(super) fn schedule_delivery(&self) {
        let driver = self.me.clone();
        spawn_local(async move {
            if let Some(driver) = driver.upgrade() {
                driver.resume_delivery();
            }
        });
    }

    /// A microtask has the stack to itself. If a delivery still counts as running, an exception out
    /// of a listener has ended it.
    fn resume_delivery(&self) {
        self.delivering.set(false);
        self.deliver();
    }

    /// Sends the frames once the effects of the current event have run.
    fn schedule_flush(&self) {
        if self.flush_scheduled.replace(true) {
            return;
        }
        let driver = self.me.clone();
        spawn_local(async move {
            after_effects().await;
            if let Some(driver) = driver.upgrade() {
                driver.flush();
            }
        });
    }

    fn flush(&self) {
        self.flush_scheduled.set(false);
        let mut frames = Vec::new();
        self.change(&mut |core, now| frames.extend(std::iter::from_fn(|| core.poll_transmit(now))));
        self.socket.send(&frames);
        self.resume_delivery();
    }

    fn arm_timer(&self) {
        let due = self.core.borrow().poll_timeout();
        let driver = self.me.clone();
        self.timer.arm(self.clock.now(), due, move || {
            if let Some(driver) = driver.upgrade() {
                driver.tick();
            }
        });
    }

    /// The timer also fires early, so that a step checks the clock.
    fn tick(&self) {
        self.timer.fired();
        self.command(|core, now| {
            if core.poll_timeout().is_some_and(|due| due <= now) {
                core.handle(now, Input::Timeout);
            }
        });
    }
}

/// In the first turn of the microtask queue run the effects that were scheduled before, in the
/// second those that these schedule.
async fn after_effects() {
    for _ in 0..2 {
        next_turn().await;
    }
}

/// Waits until all microtasks that are queued now have run.
async fn next_turn() {
    let mut queued = false;
    poll_fn(|context| {
        if queued {
            return Poll::Ready(());
        }
        queued = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
