//! `WebSocketDialer`, with the browser's `WebSocket` replaced by a class that records calls.
#![cfg(target_family = "wasm")]

use convex_web::{Dial, Socket, SocketEvent, SocketEvents, WebSocketDialer};
use gloo_timers::future::TimeoutFuture;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Longer than an `error` waits for its `close`.
const LATER_MS: u32 = 100;
const URL: &str = "ws://somewhere.test/api";

/// Replaces `WebSocket` by a class while `dial` runs; its instance is the global `actor`.
const ACTOR: &str = "
    class Actor extends EventTarget {
        constructor(url) { super(); Object.assign(this, { url, sent: [], closed: false, readyState: 0 }); globalThis.actor = this; }
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

/// Dials a socket that is an `Actor`, and records its events.
fn dial_actor() -> (Box<dyn Socket>, Rc<RefCell<Vec<String>>>) {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let events = SocketEvents::new({
        let reports = Rc::clone(&reports);
        move |event| reports.borrow_mut().push(format!("{event:?}"))
    });
    js(&format!("{{ {ACTOR} }}"));
    let socket = WebSocketDialer.dial(URL, events).expect("the dial succeeds");
    js("globalThis.WebSocket = globalThis.RealWebSocket");
    (socket, reports)
}

#[wasm_bindgen_test]
fn frames_are_sent_and_received() {
    let (socket, reports) = dial_actor();
    assert!(js_is_true("actor.url === 'ws://somewhere.test/api'"));
    js("actor.dispatchEvent(new Event('open'))");
    socket.send("hello é∂🦀");
    assert!(js_is_true("actor.sent.length === 1 && actor.sent[0] === 'hello é∂🦀'"));

    // Short and long texts, with characters of one to four bytes, and a lone surrogate.
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

/// docs/auth.md §4, line 29.
#[wasm_bindgen_test]
fn closing_a_connecting_socket_stops_its_events() {
    let (socket, reports) = dial_actor();
    socket.close();
    assert!(js_is_true("actor.closed"));
    js("actor.dispatchEvent(new Event('open'));
        actor.dispatchEvent(new MessageEvent('message', { data: 'late' }));
        actor.dispatchEvent(new CloseEvent('close', { code: 1006 }))");
    assert_eq!(*reports.borrow(), [""; 0]);
}

#[wasm_bindgen_test]
fn a_binary_frame_closes_the_socket() {
    let (_socket, reports) = dial_actor();
    js("actor.dispatchEvent(new MessageEvent('message', { data: new Blob(['x']) }))");
    assert!(reports.borrow().len() == 1 && reports.borrow()[0].contains("1003"), "{reports:?}");
}

/// Orders of browser events, and the socket events that they cause. `…` stands for the reason of a
/// refused dial.
const FAILURES: [(&str, &[&str]); 9] = [
    ("error; close(1006)", &["Closed { code: 1006, reason: \"\" }"]),
    ("error", &["Closed { code: 1006, reason: … }"]),
    ("error; error", &["Closed { code: 1006, reason: … }"]),
    ("error; later; close(1006)", &["Closed { code: 1006, reason: … }"]),
    ("error; close(1006); later; error", &["Closed { code: 1006, reason: \"\" }"]),
    ("open; error", &["Opened", "Closed { code: 1006, reason: \"\" }"]),
    ("open; error; later; close(1006)", &["Opened", "Closed { code: 1006, reason: \"\" }"]),
    (
        "open; binary; close(1000)",
        &["Opened", "Closed { code: 1003, reason: \"the server sent a binary frame\" }"],
    ),
    ("close(4000); error", &["Closed { code: 4000, reason: \"\" }"]),
];

#[wasm_bindgen_test]
async fn every_order_of_error_and_close_is_reported_once() {
    for (events, expected) in FAILURES {
        let (_socket, reports) = dial_actor();
        for event in events.split("; ") {
            play(event).await;
        }
        TimeoutFuture::new(LATER_MS).await;
        let reported: Vec<String> = reports.borrow().iter().map(|report| shortened(report)).collect();
        assert_eq!(reported, expected, "{events}");
    }
}

async fn play(event: &str) {
    let of_actor = |event: &str| js(&format!("actor.dispatchEvent({event})"));
    let (name, code) = event.trim_end_matches(')').split_once('(').unwrap_or((event, ""));
    if matches!(name, "error" | "close") {
        js("actor.readyState = 3");
    }
    match name {
        "later" => TimeoutFuture::new(LATER_MS).await,
        "close" => drop(of_actor(&format!("new CloseEvent('close', {{ code: {code} }})"))),
        "binary" => drop(of_actor("new MessageEvent('message', { data: new Blob(['x']) })")),
        name => drop(of_actor(&format!("new Event('{name}')"))),
    }
}

/// The report with the reason of a refused dial replaced by `…`. The reason is checked.
fn shortened(report: &str) -> String {
    match report.split_once("\"the browser refuses to open a WebSocket to ") {
        Some((before, reason)) => {
            assert!(
                reason.starts_with(URL) && reason.contains("`connect-src`") && reason.contains("port"),
                "{reason}"
            );
            format!("{before}… }}")
        }
        None => report.to_owned(),
    }
}

#[wasm_bindgen_test]
async fn an_error_of_a_socket_that_stays_open_is_ignored() {
    for ready_state in [0, 1, 2] {
        let (_socket, reports) = dial_actor();
        js(&format!("actor.readyState = {ready_state}; actor.dispatchEvent(new Event('error'))"));
        TimeoutFuture::new(LATER_MS).await;
        assert_eq!(*reports.borrow(), [""; 0], "{ready_state}");
    }
}

#[wasm_bindgen_test]
async fn a_socket_closed_after_an_error_reports_nothing() {
    let (socket, reports) = dial_actor();
    play("error").await;
    socket.close();
    TimeoutFuture::new(LATER_MS).await;
    assert_eq!(*reports.borrow(), [""; 0]);
}

#[wasm_bindgen_test]
fn a_dial_exception_reports_the_url_and_the_reason() {
    let refused = WebSocketDialer.dial("ftp://somewhere.test", SocketEvents::new(|_| ()));
    let error = refused.err().expect("the dial fails").to_string();
    assert!(error.starts_with("the browser refuses to open a WebSocket to ftp://somewhere.test "), "{error}");
    assert!(error.contains(": SyntaxError: "), "{error}");

    for (exception, reason) in [
        ("new DOMException('Insecure', 'SecurityError')", "SecurityError: Insecure"),
        ("new DOMException('', 'SecurityError')", "SecurityError"),
        ("new TypeError('Bad')", "TypeError: Bad"),
        ("{ name: 'NS_ERROR_CONTENT_BLOCKED', message: '' }", "NS_ERROR_CONTENT_BLOCKED"),
        ("{ message: 'blocked' }", "blocked"),
        ("'blocked'", "blocked"),
        ("42", "it gives no reason"),
        ("null", "it gives no reason"),
        ("{ get message() { throw 1 }, get name() { throw 1 } }", "it gives no reason"),
    ] {
        js(&format!(
            "globalThis.RealWebSocket = WebSocket; globalThis.WebSocket = class {{ constructor() {{ throw {exception} }} }}"
        ));
        let refused = WebSocketDialer.dial(URL, SocketEvents::new(|_| ()));
        js("globalThis.WebSocket = RealWebSocket");
        let error = refused.err().expect("the dial fails").to_string();
        assert!(error.starts_with(&format!("the browser refuses to open a WebSocket to {URL} ")), "{error}");
        assert!(error.ends_with(&format!(": {reason}")), "{exception}: {error}");
    }
}
