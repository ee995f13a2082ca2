//! The browser's WebSocket.

use crate::{Dial, DialError, Socket, SocketEvents, WebSocketDialer, text::TextReader};
use gloo_events::EventListener;
use js_sys::JsString;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, DomException, MessageEvent, WebSocket};

impl Dial for WebSocketDialer {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        let socket = WebSocket::new(url).map_err(|error| DialError::new(explain(&error)))?;
        let listeners = RefCell::new(listen(&socket, events));
        Ok(Box::new(BrowserSocket { socket, listeners }))
    }
}

struct BrowserSocket {
    socket: WebSocket,
    listeners: RefCell<Vec<EventListener>>,
}

impl Socket for BrowserSocket {
    fn send(&self, text: &str) {
        // It fails on a socket that is still being opened only, and is not called on one.
        let _ = self.socket.send_with_str(text);
    }

    fn close(&self) {
        // Before anything else: the browser may report the end of a dead connection a minute later.
        self.listeners.take();
        // Even while it is being opened: browsers dial one socket per host at a time, so a dial that hangs would hold up the next one. It fails for
        // odd codes only, and none is given.
        let _ = self.socket.close();
    }
}

/// A refused or broken connection also fires `error`, which says nothing, and then always `close`.
fn listen(socket: &WebSocket, events: SocketEvents) -> Vec<EventListener> {
    let opened = EventListener::new(socket, "open", {
        let events = events.clone();
        move |_| events.opened()
    });
    let message = EventListener::new(socket, "message", {
        let events = events.clone();
        let reader = TextReader::new();
        move |event| match event.unchecked_ref::<MessageEvent>().data().dyn_ref::<JsString>() {
            Some(text) => events.text(&reader.read(text)),
            None => events.closed(1003, "the server sent a binary frame"),
        }
    });
    let closed = EventListener::new(socket, "close", move |event| {
        let event: &CloseEvent = event.unchecked_ref();
        events.closed(event.code(), &event.reason());
    });
    vec![opened, message, closed]
}

fn explain(error: &JsValue) -> String {
    let reason =
        error.dyn_ref::<DomException>().map_or_else(|| "unknown reason".to_owned(), DomException::message);
    format!("the browser refuses to open a WebSocket: {reason}")
}
