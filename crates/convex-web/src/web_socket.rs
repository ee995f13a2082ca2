//! The browser's WebSocket.

use crate::{
    Dial, DialError, Socket, SocketEvents, WebSocketDialer, early_start::early_socket, text::TextReader,
};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{JsString, Reflect};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

impl Dial for WebSocketDialer {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        let socket = early_socket(url)
            .map_or_else(|| WebSocket::new(url), Ok)
            .map_err(|error| DialError::new(refusal(url, &reason_of(&error))))?;
        let listeners = RefCell::new(listen(&socket, url, events));
        Ok(Box::new(BrowserSocket { socket, listeners }))
    }
}

struct BrowserSocket {
    socket: WebSocket,
    listeners: RefCell<Vec<EventListener>>,
}

impl Socket for BrowserSocket {
    fn send(&self, text: &str) {
        // It throws only while the socket is connecting; `send` is not called then.
        let _ = self.socket.send_with_str(text);
    }

    fn close(&self) {
        // First, because the browser may report the end of a dead connection a minute later.
        self.listeners.take();
        // Also while connecting: browsers dial one socket per host at a time, so a dial that hangs
        // delays the next one. It throws for invalid close codes only, and none is passed.
        let _ = self.socket.close();
    }
}

const NO_REASON: &str = "it gives no reason";

/// How long after `error` its `close` may be fired, in milliseconds.
const CLOSE_DELAY_MS: u32 = 20;

/// The state of a socket according to its events.
#[derive(Clone, Copy, PartialEq)]
enum ReportedState {
    Connecting,
    Open,
    Closed,
}

/// Forwards the events of a socket, and its end once.
///
/// A connection that fails fires `error`, which carries no information, and then `close`: at once
/// in Chromium and Firefox, up to a millisecond later in WebKit. A dial that the browser refuses
/// may fire `error` alone: in Chromium if `connect-src` blocks it, in WebKit if the port is
/// forbidden. So [`CLOSE_DELAY_MS`] after every `error`, it is checked whether the socket is
/// closed.
fn listen(socket: &WebSocket, url: &str, events: SocketEvents) -> Vec<EventListener> {
    let state = Rc::new(Cell::new(ReportedState::Connecting));
    let end = Rc::new({
        let (state, events) = (Rc::clone(&state), events.clone());
        move |code, reason: &str| {
            if state.replace(ReportedState::Closed) != ReportedState::Closed {
                events.closed(code, reason);
            }
        }
    });
    let opened = EventListener::new(socket, "open", {
        let (state, events) = (Rc::clone(&state), events.clone());
        move |_| {
            state.set(ReportedState::Open);
            events.opened();
        }
    });
    let message = EventListener::new(socket, "message", {
        let end = Rc::clone(&end);
        let reader = TextReader::new();
        move |event| match event.unchecked_ref::<MessageEvent>().data().dyn_ref::<JsString>() {
            Some(text) => events.text(&reader.read(text)),
            None => end(1003, "the server sent a binary frame"),
        }
    });
    let closed = EventListener::new(socket, "close", {
        let end = Rc::clone(&end);
        move |event| {
            let event: &CloseEvent = event.unchecked_ref();
            end(event.code(), &event.reason());
        }
    });
    let failed = EventListener::new(socket, "error", {
        let (socket, url) = (socket.clone(), Rc::<str>::from(url));
        let check = RefCell::new(None);
        move |_| {
            let (socket, url) = (socket.clone(), Rc::clone(&url));
            let (state, end) = (Rc::clone(&state), Rc::clone(&end));
            let check_closed = move || match state.get() {
                _ if socket.ready_state() != WebSocket::CLOSED => {}
                ReportedState::Connecting => end(1006, &refusal(&url, NO_REASON)),
                ReportedState::Open | ReportedState::Closed => end(1006, ""),
            };
            check.replace(Some(Timeout::new(CLOSE_DELAY_MS, check_closed)));
        }
    });
    vec![opened, message, closed, failed]
}

/// The message for a socket that the browser refuses to open: the likely causes, which are the same
/// in all browsers, and the browser's own reason.
fn refusal(url: &str, reason: &str) -> String {
    format!(
        "the browser refuses to open a WebSocket to {url} (likely causes: the page's Content-Security-Policy `connect-src` \
         does not allow it, browsers block its port, or it is `ws:` and the page `https:`): {reason}"
    )
}

/// The name and message of an exception of any type. Firefox also throws objects that are neither
/// `DOMException` nor `Error`.
fn reason_of(exception: &JsValue) -> String {
    let text =
        |key: &str| Reflect::get(exception, &key.into()).ok()?.as_string().filter(|text| !text.is_empty());
    match (text("name"), text("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        (name, message) => {
            name.or(message).or_else(|| exception.as_string()).unwrap_or_else(|| NO_REASON.to_owned())
        }
    }
}
