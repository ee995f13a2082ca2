//! Sockets come and go; what is left behind by one never matters.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{client, deployment, live_client, send, subscribe, updates};
use convex_testkit_web::{FakeDeployment, turns, until};
use convex_web::{
    ConvexClient, Dial, DialError, Socket, SocketEvent, SocketEvents, WebSocketDialer,
    sync::{Config, ConnectionState, ConvexError},
};
use futures_util::FutureExt;
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_broken_socket_is_replaced() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the result is there", || client.result(list).is_some()).await;
    fake.deployment(|deployment, now| deployment.restart(now));
    until("the break is noticed", || client.connection() != ConnectionState::Live).await;
    assert!(client.result(list).is_some(), "what is shown stays");
    until("it is live again", || client.connection() == ConnectionState::Live).await;
    assert_eq!((fake.dialled(), fake.open_sockets()), (2, 1));
}

#[wasm_bindgen_test]
async fn a_dial_that_hangs_is_abandoned() {
    let fake = deployment();
    fake.hang_dials();
    let config = Config { dial_timeout: Duration::from_millis(500), ..Config::default() };
    let client = ConvexClient::builder(FakeDeployment::URL).config(config).dial(fake.clone()).build();
    assert_eq!(fake.opening_sockets(), 1);
    fake.accept_dials();
    until("it is live", || client.connection() == ConnectionState::Live).await;
    assert_eq!(
        (fake.dialled(), fake.opening_sockets(), fake.open_sockets()),
        (2, 0, 1),
        "the first one was let go"
    );
}

#[wasm_bindgen_test]
async fn refused_dials_are_tried_again() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    until("the second try", || fake.dialled() == 2).await;
    assert!(matches!(client.connection(), ConnectionState::Reconnecting { .. }));
    fake.accept_dials();
    until("it is live", || client.connection() == ConnectionState::Live).await;
}

/// Gives away what its sockets report to, so that a test can report on a socket that was left.
#[derive(Debug, Clone)]
struct Tapped {
    fake: FakeDeployment,
    taps: Rc<RefCell<Vec<SocketEvents>>>,
}

impl Dial for Tapped {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        self.taps.borrow_mut().push(events.clone());
        self.fake.dial(url, events)
    }
}

/// Auth contract §4, line 29.
#[wasm_bindgen_test]
async fn what_an_old_socket_reports_is_dropped() {
    let tapped = Tapped { fake: deployment(), taps: Rc::default() };
    let client = ConvexClient::builder(FakeDeployment::URL).dial(tapped.clone()).build();
    until("it is live", || client.connection() == ConnectionState::Live).await;
    tapped.fake.deployment(|deployment, now| deployment.restart(now));
    until("there is a second socket", || tapped.taps.borrow().len() == 2).await;
    until("it is live again", || client.connection() == ConnectionState::Live).await;

    let (updates, _listener) = updates(&client);
    let old = tapped.taps.borrow()[0].clone();
    old.emit(SocketEvent::Text(r#"{"type":"FatalError","error":"from the grave"}"#));
    old.emit(SocketEvent::Closed { code: 1006, reason: "" });
    old.emit(SocketEvent::Opened);
    turns(3).await;
    assert_eq!(client.connection(), ConnectionState::Live);
    assert_eq!((updates.borrow().len(), tapped.fake.open_sockets()), (0, 1));
}

/// Auth contract §4, line 34.
#[wasm_bindgen_test]
async fn closing_leaves_nothing() {
    let tapped = Tapped { fake: deployment(), taps: Rc::default() };
    let client = ConvexClient::builder(FakeDeployment::URL).dial(tapped.clone()).build();
    until("it is live", || client.connection() == ConnectionState::Live).await;
    client.close();
    assert_eq!((tapped.fake.open_sockets(), tapped.fake.opening_sockets()), (0, 0));
    assert_eq!(client.connection(), ConnectionState::Closed);

    drop(client);
    turns(3).await;
    let dialler = Rc::strong_count(&tapped.taps);
    assert_eq!(dialler, 1, "the client's own dialler is gone, and so is all that held it");
}

#[wasm_bindgen_test]
async fn a_bad_url_is_fatal_and_says_why() {
    let fake = deployment();
    let client = ConvexClient::builder("happy-animal-123.convex.cloud").dial(fake.clone()).build();
    let ConnectionState::Fatal { message } = client.connection() else { panic!("{:?}", client.connection()) };
    assert!(message.contains("happy-animal-123.convex.cloud") && message.contains("https://"), "{message}");
    assert_eq!(send(&client, "hi").now_or_never(), Some(Err(ConvexError::Fatal(message))));
    assert_eq!(fake.dialled(), 0);
}

#[derive(Debug)]
struct Hopeless;

impl Dial for Hopeless {
    fn dial(&self, _url: &str, _events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        Err(DialError::new("not from here"))
    }
}

#[wasm_bindgen_test]
async fn a_dial_that_can_never_succeed_is_fatal() {
    let client = ConvexClient::builder(FakeDeployment::URL).dial(Hopeless).build();
    assert_eq!(client.connection(), ConnectionState::Fatal { message: "not from here".into() });
}

/// Reports before it returns, which no browser does but a wrapper may.
#[derive(Debug)]
struct Hasty(FakeDeployment);

impl Dial for Hasty {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        if self.0.dialled() == 0 {
            events.closed(1006, "");
        }
        self.0.dial(url, events)
    }
}

#[wasm_bindgen_test]
async fn a_socket_may_close_before_it_is_there() {
    let fake = deployment();
    let client = ConvexClient::builder(FakeDeployment::URL).dial(Hasty(fake.clone())).build();
    assert_eq!(fake.opening_sockets(), 0, "it was let go at once");
    until("it is live", || client.connection() == ConnectionState::Live).await;
    assert_eq!((fake.dialled(), fake.open_sockets()), (2, 1));
}

#[wasm_bindgen_test]
async fn two_clients_do_not_meddle() {
    let fake = deployment();
    let (first, second) = (live_client(&fake).await, live_client(&fake).await);
    first.close();
    turns(3).await;
    assert_eq!((second.connection(), fake.open_sockets()), (ConnectionState::Live, 1));
}

#[wasm_bindgen_test]
async fn a_browser_that_reaches_nobody_says_so_and_will_try_again() {
    let client = ConvexClient::builder("http://127.0.0.1:1").dial(WebSocketDialer).build();
    let waits = || matches!(client.connection(), ConnectionState::Reconnecting { next_attempt: Some(_), .. });
    until("it waits for its next try", waits).await;
    client.close();
}
