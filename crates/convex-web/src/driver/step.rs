//! The loop: change the core, take out what it wants, carry that out with nothing borrowed.

use super::{Batch, Driver, batch::Task};
use crate::{
    request::Settle,
    sync::{Input, RequestId, SyncClient, Time},
};
use std::{future::poll_fn, task::Poll};
use wasm_bindgen_futures::spawn_local;

impl Driver {
    /// Gives the core a command and delivers what follows, unless a delivery is running: then that
    /// one does. While the core is [busy](Self::is_busy), the command waits until the core is free.
    pub(super) fn command(&self, command: impl FnOnce(&mut SyncClient, Time) + 'static) {
        if self.is_busy() {
            self.defer(move |driver| driver.command(command));
        } else {
            self.ask(command);
        }
    }

    /// As [`command`](Self::command), for a command with an answer; `None` while the core is
    /// [busy](Self::is_busy).
    pub(super) fn ask<T>(&self, command: impl FnOnce(&mut SyncClient, Time) -> T) -> Option<T> {
        let answer = self.step(command)?;
        self.deliver();
        Some(answer)
    }

    /// Gives the core an input and delivers what follows.
    pub(super) fn input(&self, input: Input<'static>) {
        self.command(move |core, now| core.handle(now, input));
    }

    /// The page woke up.
    pub(super) fn woke(&self, network_changed: bool) {
        self.input(Input::Woke { wall_clock: self.clock.wall_clock(), network_changed });
    }

    /// Gives the core a command and takes out what follows; the caller [delivers](Self::deliver)
    /// it. `None` while the core is [busy](Self::is_busy).
    pub(super) fn step<T>(&self, command: impl FnOnce(&mut SyncClient, Time) -> T) -> Option<T> {
        self.schedule_flush();
        let (mut command, mut answer) = (Some(command), None);
        self.change(&mut |core, now| answer = command.take().map(|command| command(core, now)));
        answer
    }

    /// Whether the core is being changed further up the stack: then the caller is app code that it
    /// runs, which is an optimistic update, the filter of a suspension, or what one of these drops.
    pub(super) fn is_busy(&self) -> bool {
        self.core.try_borrow_mut().is_err()
    }

    /// Calls `call` once the core is free: right after the change that is under way.
    pub(super) fn defer(&self, call: impl FnOnce(&Self) + 'static) {
        let batch = Batch { tasks: vec![Task::Call(Box::new(call))], ..Batch::default() };
        self.batches.borrow_mut().push_back(batch);
    }

    /// Carries out and tells everything that came out of the core, in order. What listeners cause
    /// meanwhile queues up behind.
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

    /// The one place that borrows the core to change it. Nothing happens while it is
    /// [busy](Self::is_busy).
    fn change(&self, command: &mut dyn FnMut(&mut SyncClient, Time)) {
        let Ok(mut core) = self.core.try_borrow_mut() else { return };
        let now = self.look_at_the_clock(&mut core);
        command(&mut core, now);
        self.drain(&mut core);
    }

    /// What time it is. A clock that jumped means that the page was asleep.
    fn look_at_the_clock(&self, core: &mut SyncClient) -> Time {
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

    /// First what must be done, then the update, then the futures: whoever awaits a mutation finds
    /// its writes shown.
    fn perform(&self, batch: Batch) {
        for task in batch.tasks {
            match task {
                Task::Open(socket) => self.open(socket),
                Task::Close(socket) => self.link.abandon(socket),
                Task::Fetch { fetch, force } => self.fetch(fetch, force),
                Task::DropFetch(fetch) => self.fetching.abandon(fetch),
                Task::Call(call) => call(self),
            }
        }
        if let Some(update) = batch.update {
            self.listeners.call(&update);
        }
        for (request, outcome) in batch.responses {
            if let Some(settle) = self.take_request(request) {
                settle.settle(outcome);
            }
        }
    }

    fn take_request(&self, request: RequestId) -> Option<Settle> {
        let mut requests = self.requests.borrow_mut();
        let position = requests.binary_search_by_key(&request, |(id, _)| *id).ok()?;
        Some(requests.remove(position).1)
    }

    /// Delivers right after this event.
    pub(super) fn schedule_delivery(&self) {
        let driver = self.me.clone();
        spawn_local(async move {
            if let Some(driver) = driver.upgrade() {
                driver.resume_delivery();
            }
        });
    }

    /// A microtask has the stack to itself, so a delivery that still counts as running was cut
    /// short by an exception out of a listener.
    fn resume_delivery(&self) {
        self.delivering.set(false);
        self.deliver();
    }

    /// Frames leave when the event that caused them is dealt with, and the page shows what came of
    /// it: all that was asked meanwhile leaves together, and nobody who looks at the page waits for
    /// the browser to take a frame.
    fn schedule_flush(&self) {
        if self.flush_scheduled.replace(true) {
            return;
        }
        let driver = self.me.clone();
        spawn_local(async move {
            later_in_this_event().await;
            if let Some(driver) = driver.upgrade() {
                driver.flush();
            }
        });
    }

    fn flush(&self) {
        self.flush_scheduled.set(false);
        let mut frames = Vec::new();
        self.change(&mut |core, now| frames.extend(std::iter::from_fn(|| core.poll_transmit(now))));
        self.link.send(&frames);
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

    /// The timer also fires early, to have a look at the clock, which every step does.
    fn tick(&self) {
        self.timer.fired();
        self.command(|core, now| {
            if core.poll_timeout().is_some_and(|due| due <= now) {
                core.handle(now, Input::Timeout);
            }
        });
    }
}

/// In the first turn of the task queue the effects run that were woken before, in the second what
/// they woke.
async fn later_in_this_event() {
    for _ in 0..2 {
        next_turn().await;
    }
}

/// Goes to the end of the queue.
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
