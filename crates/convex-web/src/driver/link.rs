//! The one socket of a client.

use super::Driver;
use crate::{
    Socket, SocketEvent, SocketEvents,
    sync::{Input, SocketId},
};
use std::{cell::RefCell, rc::Rc};

/// The socket in use, if there is one.
#[derive(Default)]
pub(super) struct Link(RefCell<Option<Current>>);

struct Current {
    id: SocketId,
    /// `None` while the dialler is at it: it may report before it returns.
    socket: Option<Rc<dyn Socket>>,
}

impl Driver {
    pub(super) fn open(&self, id: SocketId) {
        let Some(url) = &self.socket_url else { return };
        let driver = self.me.clone();
        let events = SocketEvents::new(move |event| {
            if let Some(driver) = driver.upgrade() {
                driver.socket_event(id, event);
            }
        });
        self.link.begin(id);
        match self.dial.dial(url, events) {
            Ok(socket) => self.link.attach(id, socket.into()),
            Err(error) => {
                self.link.abandon(id);
                self.command(move |core, now| core.fail(now, error.to_string()));
            }
        }
    }

    /// A socket that was let go may have had something under way; nobody wants it any more.
    fn socket_event(&self, id: SocketId, event: SocketEvent<'_>) {
        if !self.link.is(id) {
            return;
        }
        match event {
            SocketEvent::Opened => self.input(Input::Opened { socket: id }),
            // By the time of the delivery the text, which may be long, is gone. It is queued first,
            // so that what is told comes before any frame.
            SocketEvent::Text(text) => {
                self.schedule_delivery();
                if self.step(|core, now| core.handle(now, Input::Text { socket: id, text })).is_none() {
                    let text = text.to_owned();
                    self.command(move |core, now| core.handle(now, Input::Text { socket: id, text: &text }));
                }
            }
            SocketEvent::Closed { code, reason } => {
                self.link.abandon(id);
                let reason = reason.to_owned();
                self.command(move |core, now| {
                    core.handle(now, Input::Closed { socket: id, code, reason: &reason });
                });
            }
        }
    }
}

impl Link {
    /// Lets a socket go, in whatever state it is.
    pub(super) fn abandon(&self, id: SocketId) {
        let abandoned = self.0.borrow_mut().take_if(|current| current.id == id);
        if let Some(socket) = abandoned.and_then(|current| current.socket) {
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

    fn is(&self, id: SocketId) -> bool {
        self.0.borrow().as_ref().is_some_and(|current| current.id == id)
    }

    fn begin(&self, id: SocketId) {
        let previous = self.0.replace(Some(Current { id, socket: None }));
        if let Some(socket) = previous.and_then(|current| current.socket) {
            socket.close();
        }
    }

    /// Takes what the dialler made, unless it closed while it was being made.
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
