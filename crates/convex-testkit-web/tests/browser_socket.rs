//! The browser's own WebSocket, played by a class that only notes what is done to it.
#![cfg(target_family = "wasm")]

use convex_web::{Dial, Socket, SocketEvent, SocketEvents, WebSocketDialer};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Puts an actor in the place of `WebSocket` for as long as `dial` runs; afterwards it is called `actor`.
const ACTOR: &str = "
    class Actor extends EventTarget {
        constructor(url) { super(); this.url = url; this.sent = []; this.closed = false; globalThis.actor = this; }
        send(text) { this.sent.push(text); }
        close() { this.closed = true; }
    }
    globalThis.RealWebSocket = globalThis.WebSocket;
    globalThis.WebSocket = Actor;";

fn js(code: &str) -> JsValue {
    js_sys::eval(code).expect("a test's JavaScript runs")
}

fn js_is_true(code: &str) -> bool {
    js(code).is_truthy()
}

/// A socket played by `actor`, and what it reports.
fn dial_actor() -> (Box<dyn Socket>, Rc<RefCell<Vec<String>>>) {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let events = SocketEvents::new({
        let reports = Rc::clone(&reports);
        move |event| reports.borrow_mut().push(format!("{event:?}"))
    });
    js(&format!("{{ {ACTOR} }}"));
    let socket = WebSocketDialer.dial("ws://somewhere.test/api", events).expect("it can be dialled");
    js("globalThis.WebSocket = globalThis.RealWebSocket");
    (socket, reports)
}

#[wasm_bindgen_test]
fn frames_cross_both_ways() {
    let (socket, reports) = dial_actor();
    assert!(js_is_true("actor.url === 'ws://somewhere.test/api'"));
    js("actor.dispatchEvent(new Event('open'))");
    socket.send("hello é∂🦀");
    assert!(js_is_true("actor.sent.length === 1 && actor.sent[0] === 'hello é∂🦀'"));

    // Short and long, one byte a character and more, a surrogate without its other half.
    js("for (const data of ['', 'a', 'é∂🦀', 'é∂🦀'.repeat(100000), 'a'.repeat(3), 'a'.repeat(9999) + '🦀', 'a\\ud800b'])
            actor.dispatchEvent(new MessageEvent('message', { data }))");
    js("actor.dispatchEvent(new CloseEvent('close', { code: 1011, reason: 'InternalServerError' }))");
    let expected = [
        SocketEvent::Opened,
        SocketEvent::Text(""),
        SocketEvent::Text("a"),
        SocketEvent::Text("é∂🦀"),
        SocketEvent::Text(&"é∂🦀".repeat(100_000)),
        SocketEvent::Text("aaa"),
        SocketEvent::Text(&("a".repeat(9_999) + "🦀")),
        SocketEvent::Text("a\u{fffd}b"),
        SocketEvent::Closed { code: 1011, reason: "InternalServerError" },
    ];
    assert!(*reports.borrow() == expected.map(|event| format!("{event:?}")), "{:.200?}", reports.borrow());
}

/// Auth contract §4, line 29.
#[wasm_bindgen_test]
fn an_abandoned_socket_is_closed_while_it_opens_and_reports_nothing_more() {
    let (socket, reports) = dial_actor();
    socket.close();
    assert!(js_is_true("actor.closed"));
    js("actor.dispatchEvent(new Event('open'));
        actor.dispatchEvent(new MessageEvent('message', { data: 'late' }));
        actor.dispatchEvent(new CloseEvent('close', { code: 1006 }))");
    assert_eq!(*reports.borrow(), [""; 0]);
}

#[wasm_bindgen_test]
fn a_binary_frame_is_no_frame() {
    let (_socket, reports) = dial_actor();
    js("actor.dispatchEvent(new MessageEvent('message', { data: new Blob(['x']) }))");
    assert!(reports.borrow().len() == 1 && reports.borrow()[0].contains("1003"), "{reports:?}");
}

#[wasm_bindgen_test]
fn what_the_browser_refuses_to_dial_can_never_be_dialled() {
    let error =
        WebSocketDialer.dial("ftp://somewhere.test", SocketEvents::new(|_| ())).err().expect("it is refused");
    assert!(error.to_string().starts_with("the browser refuses to open a WebSocket: "), "{error}");
    assert!(error.to_string().contains("ftp"), "{error}");
}
