//! The socket of a client: at most one at a time.

use super::Driver;
use crate::{
    Socket, SocketEvent, SocketEvents,
    sync::{Input, SocketId},
};
use std::{cell::RefCell, rc::Rc};

/// The socket in use, if there is one.
#[derive(Default)]
pub(super) struct CurrentSocket(RefCell<Option<NumberedSocket>>);

struct NumberedSocket {
    id: SocketId,
    /// `None` until [`Dial::dial`](crate::Dial::dial) returns; it may emit events before that.
    socket: Option<Rc<dyn Socket>>,
}

impl Driver {
    pub(super) fn open_socket(&self, id: SocketId) {
        let Some(url) = &self.socket_url else { return };
        let driver = self.me.clone();
        let events = SocketEvents::new(move |event| {
            if let Some(driver) = driver.upgrade() {
                driver.socket_event(id, event);
            }
        });
        self.socket.start(id);
        match self.dial.dial(url, events) {
            Ok(socket) => self.socket.attach(id, socket.into()),
            Err(error) => {
                self.socket.close(id);
                self.command(move |core, now| core.fail(now, error.to_string()));
            }
        }
    }

    /// Events of a closed socket can still arrive. They are dropped.
    fn socket_event(&self, id: SocketId, event: SocketEvent<'_>) {
        if !self.socket.is_current(id) {
            return;
        }
        match event {
            SocketEvent::Opened => self.input(Input::Opened { socket: id }),
            // The delivery is a microtask, so that the text, which may be long, is freed before
            // listeners run. It is scheduled before the step, so that listeners are called before
            // any frame is sent.
            SocketEvent::Text(text) => {
                self.schedule_delivery();
                if self.step(|core, now| core.handle(now, Input::Text { socket: id, text })).is_none() {
                    let text = text.to_owned();
                    self.command(move |core, now| core.handle(now, Input::Text { socket: id, text: &text }));
                }
            }
            SocketEvent::Closed { code, reason } => {
                self.socket.close(id);
                let reason = reason.to_owned();
                self.command(move |core, now| {
                    core.handle(now, Input::Closed { socket: id, code, reason: &reason });
                });
            }
        }
    }
}

impl CurrentSocket {
    /// Closes the socket, in any state, if it is the current one.
    pub(super) fn close(&self, id: SocketId) {
        let closed = self.0.borrow_mut().take_if(|current| current.id == id);
        if let Some(socket) = closed.and_then(|current| current.socket) {
            socket.close();
        }
    }

    pub(super) fn send(&self, frames: &[String]) {
        let socket = self.0.borrow().as_ref().and_then(|current| current.socket.clone());
        if let Some(socket) = socket {
            for frame in frames {
                socket.send(frame);
            }
        }
    }

    fn is_current(&self, id: SocketId) -> bool {
        self.0.borrow().as_ref().is_some_and(|current| current.id == id)
    }

    fn start(&self, id: SocketId) {
        let previous = self.0.replace(Some(NumberedSocket { id, socket: None }));
        if let Some(socket) = previous.and_then(|current| current.socket) {
            socket.close();
        }
    }

    /// Stores the dialled socket, or closes it if it is no longer wanted.
    fn attach(&self, id: SocketId, socket: Rc<dyn Socket>) {
        let mut current = self.0.borrow_mut();
        match current.as_mut().filter(|current| current.id == id) {
            Some(current) => current.socket = Some(socket),
            None => {
                drop(current);
                socket.close();
            }
        }
    }
}
