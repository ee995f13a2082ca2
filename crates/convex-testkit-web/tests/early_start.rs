//! The early start: the socket that the page's script dials, and the client that takes it over. The
//! browser's `WebSocket` is replaced by a class that records calls.
#![cfg(target_family = "wasm")]

use convex_testkit_web::turns;
use convex_web::{
    ConvexClient, Dial, DialError, Socket, SocketEvents, WebSocketDialer, sync::ConnectionState,
};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const SCRIPT: &str = include_str!("../../convex-leptos/js/early_start.js");
const DEPLOYMENT: &str = "https://happy-animal-123.convex.cloud";

/// Replaces `WebSocket` by a class whose instances are in the array `dialled`.
const FAKE_SOCKETS: &str = "
    globalThis.dialled = [];
    globalThis.RealWebSocket ??= WebSocket;
    globalThis.WebSocket = class extends EventTarget {
        constructor(url) { super(); Object.assign(this, { url, sent: [], closed: false, readyState: 0 }); dialled.push(this); }
        send(text) { this.sent.push(text); }
        close() { this.closed = true; }
        emit(event) { this.dispatchEvent(event); }
    };";

/// A page with the early start, until it is dropped.
struct EarlyPage;

impl EarlyPage {
    /// Runs the script on a page with this configuration.
    fn start(configuration: &str) -> Self {
        let page = Self::without_script();
        js(&format!(
            "{{
                const meta = document.createElement('meta');
                Object.assign(meta, {{ name: 'convex-early-start', content: {configuration:?} }});
                const script = document.createElement('script');
                script.textContent = {SCRIPT:?};
                document.head.append(meta, script);
                meta.remove();
                script.remove();
            }}"
        ));
        page
    }

    fn without_script() -> Self {
        js(FAKE_SOCKETS);
        Self
    }
}

impl Drop for EarlyPage {
    fn drop(&mut self) {
        js("globalThis.WebSocket = RealWebSocket; delete globalThis.convexEarly; delete globalThis.dialled");
    }
}

fn js(code: &str) -> JsValue {
    js_sys::eval(code).expect("a test's JavaScript runs")
}

fn text(code: &str) -> String {
    js(&format!("String({code})")).as_string().expect("it is a string")
}

/// The URL of the client's socket.
fn socket_url(deployment: &str) -> String {
    #[derive(Debug, Default, Clone)]
    struct Recorder(Rc<RefCell<String>>);
    impl Dial for Recorder {
        fn dial(&self, url: &str, _: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
            url.clone_into(&mut self.0.borrow_mut());
            Err(DialError::new("only the URL is needed"))
        }
    }
    let recorder = Recorder::default();
    ConvexClient::builder(deployment).dial(recorder.clone()).build().close();
    recorder.0.take()
}

/// Dials as a client does, and records the events.
fn dial(deployment: &str) -> (Box<dyn Socket>, Rc<RefCell<Vec<String>>>) {
    let reports = Rc::new(RefCell::new(Vec::new()));
    let events = SocketEvents::new({
        let reports = Rc::clone(&reports);
        move |event| reports.borrow_mut().push(format!("{event:?}"))
    });
    let socket = WebSocketDialer.dial(&socket_url(deployment), events).expect("the dial succeeds");
    (socket, reports)
}

#[wasm_bindgen_test]
fn the_script_dials_the_url_of_the_client() {
    for deployment in [
        DEPLOYMENT,
        "https://Happy-Animal-123.convex.cloud//",
        "http://127.0.0.1:3210",
        "https://a.test/convex/",
    ] {
        let _page = EarlyPage::start(&format!("  {deployment} "));
        let early = text("dialled[0].url");
        assert_eq!(early, socket_url(deployment));
        let _socket = dial(deployment);
        assert_eq!(text("dialled.length"), "1", "{deployment}");
    }
}

#[wasm_bindgen_test]
fn a_relative_url_is_one_of_the_page() {
    let _page = EarlyPage::start("/");
    let origin = text("location.origin");
    assert_eq!(text("dialled[0].url"), socket_url(&origin));
}

#[wasm_bindgen_test]
async fn events_before_and_after_the_take_over_arrive_once_and_in_order() {
    let message = |data: &str| format!("new MessageEvent('message', {{ data: '{data}' }})");
    let events = [
        "new Event('open')".to_owned(),
        message("1"),
        message("2"),
        "new CloseEvent('close', { code: 1012, reason: 'Restart' })".to_owned(),
    ];
    let expected = ["Opened", "Text(\"1\")", "Text(\"2\")", "Closed { code: 1012, reason: \"Restart\" }"];
    for taken_after in 0..events.len() {
        let _page = EarlyPage::start(DEPLOYMENT);
        let (before, after) = events.split_at(taken_after);
        before.iter().for_each(|event| drop(js(&format!("dialled[0].emit({event})"))));
        let (socket, reports) = dial(DEPLOYMENT);
        assert_eq!(reports.borrow().len(), 0, "events arrive after `dial` has returned");
        turns(1).await;
        after.iter().for_each(|event| drop(js(&format!("dialled[0].emit({event})"))));
        turns(1).await;
        assert_eq!(*reports.borrow(), expected, "taken after {taken_after}");
        assert_eq!(text("dialled.length + dialled[0].sent.length"), "1");
        socket.send("hello");
        assert_eq!(text("dialled[0].sent"), "hello");
        socket.close();
        assert_eq!(text("dialled[0].closed"), "true");
    }
}

/// What happens before the client dials, and the sockets of the page afterwards: `early` is taken
/// over, `closed` is an early socket that the page has closed, `failed` one that is gone.
const NOT_TAKEN: [(&str, &str); 11] = [
    ("", "early"),
    ("dialled[0].emit(new Event('error'))", "failed, new"),
    ("dialled[0].emit(new Event('open')); dialled[0].emit(new CloseEvent('close'))", "failed, new"),
    ("Date.now = () => RealDate.now() + 9000", "early"),
    ("Date.now = () => RealDate.now() + 11000", "closed, new"),
    ("Date.now = () => RealDate.now() - 11000", "closed, new"),
    ("document.dispatchEvent(new Event('visibilitychange'))", "closed, new"),
    ("window.dispatchEvent(new Event('online'))", "closed, new"),
    ("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))", "closed, new"),
    ("window.convexEarly = () => { throw new Error('broken') }", "early left, new"),
    ("window.convexEarly = 'not a function'", "early left, new"),
];

#[wasm_bindgen_test]
fn a_socket_that_may_be_dead_is_not_taken_over() {
    js("globalThis.RealDate = { now: Date.now }");
    for (before, expected) in NOT_TAKEN {
        let _page = EarlyPage::start(DEPLOYMENT);
        js(before);
        let (socket, _) = dial(DEPLOYMENT);
        js("Date.now = RealDate.now");
        let was_closed = text("dialled[0].closed");
        let expected_closed = if expected.starts_with("closed") { "true" } else { "false" };
        assert_eq!(was_closed, expected_closed, "{before}");
        let dialled = if expected == "early" { "1" } else { "2" };
        assert_eq!(text("dialled.length"), dialled, "{before}");
        socket.send("hello");
        assert_eq!(text("dialled.at(-1).sent"), "hello", "{before}");
    }
}

#[wasm_bindgen_test]
fn unused_sockets_are_closed_after_the_time_limit() {
    js("globalThis.realSetTimeout = setTimeout;
        globalThis.setTimeout = (run, ms) => { globalThis.timer = { run, ms } }");
    let _page = EarlyPage::start(DEPLOYMENT);
    js("globalThis.setTimeout = realSetTimeout");
    assert_eq!(text("timer.ms"), "10000");
    js("timer.run()");
    assert_eq!(text("dialled[0].closed"), "true");
    let _socket = dial(DEPLOYMENT);
    assert_eq!(text("dialled.length"), "2");
    js("timer.run()");
    assert_eq!(text("dialled[1].closed"), "false");
}

#[wasm_bindgen_test]
fn a_taken_socket_is_not_closed_by_the_page() {
    let _page = EarlyPage::start(DEPLOYMENT);
    let _socket = dial(DEPLOYMENT);
    js("document.dispatchEvent(new Event('visibilitychange'))");
    assert_eq!(text("dialled[0].closed"), "false");
}

#[wasm_bindgen_test]
fn a_socket_to_another_deployment_is_not_taken_over() {
    let _page = EarlyPage::start(DEPLOYMENT);
    let _socket = dial("https://calm-animal-456.convex.cloud");
    assert_eq!(text("dialled.map((socket) => socket.url)"), {
        let [early, own] = [DEPLOYMENT, "https://calm-animal-456.convex.cloud"].map(socket_url);
        format!("{early},{own}")
    });
}

#[wasm_bindgen_test]
fn only_the_first_client_and_its_first_dial_take_the_socket() {
    let _page = EarlyPage::start(DEPLOYMENT);
    let (first, _) = dial(DEPLOYMENT);
    let _other_client = dial(DEPLOYMENT);
    assert_eq!(text("dialled.length"), "2");
    first.close();
    let _next = dial(DEPLOYMENT);
    assert_eq!(text("dialled.length"), "3");
}

#[wasm_bindgen_test]
fn without_the_script_a_client_dials() {
    let _page = EarlyPage::without_script();
    let _socket = dial(DEPLOYMENT);
    assert_eq!(text("dialled.length"), "1");
}

#[wasm_bindgen_test]
async fn a_client_connects_over_an_early_socket_that_is_open() {
    let _page = EarlyPage::start(DEPLOYMENT);
    js("dialled[0].emit(new Event('open'))");
    let client = ConvexClient::builder(DEPLOYMENT).build();
    assert_eq!(client.connection(), ConnectionState::Connecting);
    turns(5).await;
    assert_ne!(client.connection(), ConnectionState::Connecting);
    let frames = text("dialled[0].sent");
    assert!(frames.starts_with(r#"{"type":"Connect""#), "{frames}");
    assert_eq!(text("dialled.length"), "1");
    client.close();
}
