//! Sockets: dials that fail or hang, replaced sockets and their late events.
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
    until("the result has arrived", || client.result(list).is_some()).await;
    fake.deployment(|deployment, now| deployment.restart(now));
    until("the loss is noticed", || client.connection() != ConnectionState::Live).await;
    assert!(client.result(list).is_some(), "results are kept");
    until("the client is live again", || client.connection() == ConnectionState::Live).await;
    assert_eq!((fake.dialled(), fake.open_sockets()), (2, 1));
}

#[wasm_bindgen_test]
async fn a_hanging_dial_times_out() {
    let fake = deployment();
    fake.hang_dials();
    let config = Config { dial_timeout: Duration::from_millis(500), ..Config::default() };
    let client = ConvexClient::builder(FakeDeployment::URL).config(config).dial(fake.clone()).build();
    assert_eq!(fake.opening_sockets(), 1);
    fake.accept_dials();
    until("the client is live", || client.connection() == ConnectionState::Live).await;
    assert_eq!(
        (fake.dialled(), fake.opening_sockets(), fake.open_sockets()),
        (2, 0, 1),
        "the first socket was closed"
    );
}

#[wasm_bindgen_test]
async fn refused_dials_are_retried() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    until("the second dial", || fake.dialled() == 2).await;
    assert!(matches!(client.connection(), ConnectionState::Reconnecting { .. }));
    fake.accept_dials();
    until("the client is live", || client.connection() == ConnectionState::Live).await;
}

/// Records the receivers of its sockets' events, so that a test can emit events of a closed socket.
#[derive(Debug, Clone)]
struct EventTaps {
    fake: FakeDeployment,
    taps: Rc<RefCell<Vec<SocketEvents>>>,
}

impl Dial for EventTaps {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        self.taps.borrow_mut().push(events.clone());
        self.fake.dial(url, events)
    }
}

/// docs/auth.md §4, line 29.
#[wasm_bindgen_test]
async fn events_of_a_replaced_socket_are_dropped() {
    let dialler = EventTaps { fake: deployment(), taps: Rc::default() };
    let client = ConvexClient::builder(FakeDeployment::URL).dial(dialler.clone()).build();
    until("the client is live", || client.connection() == ConnectionState::Live).await;
    dialler.fake.deployment(|deployment, now| deployment.restart(now));
    until("there is a second socket", || dialler.taps.borrow().len() == 2).await;
    until("the client is live again", || client.connection() == ConnectionState::Live).await;

    let (updates, _listener) = updates(&client);
    let old = dialler.taps.borrow()[0].clone();
    old.emit(SocketEvent::Text(r#"{"type":"FatalError","error":"from the grave"}"#));
    old.emit(SocketEvent::Closed { code: 1006, reason: "" });
    old.emit(SocketEvent::Opened);
    turns(3).await;
    assert_eq!(client.connection(), ConnectionState::Live);
    assert_eq!((updates.borrow().len(), dialler.fake.open_sockets()), (0, 1));
}

/// docs/auth.md §4, line 34.
#[wasm_bindgen_test]
async fn closing_the_client_drops_its_sockets_and_dialler() {
    let dialler = EventTaps { fake: deployment(), taps: Rc::default() };
    let client = ConvexClient::builder(FakeDeployment::URL).dial(dialler.clone()).build();
    until("the client is live", || client.connection() == ConnectionState::Live).await;
    client.close();
    assert_eq!((dialler.fake.open_sockets(), dialler.fake.opening_sockets()), (0, 0));
    assert_eq!(client.connection(), ConnectionState::Closed);

    drop(client);
    turns(3).await;
    let diallers = Rc::strong_count(&dialler.taps);
    assert_eq!(diallers, 1, "the client's own dialler was dropped");
}

#[wasm_bindgen_test]
async fn an_invalid_url_is_fatal_with_its_reason() {
    let fake = deployment();
    let client = ConvexClient::builder("happy-animal-123.convex.cloud").dial(fake.clone()).build();
    let ConnectionState::Fatal { message } = client.connection() else { panic!("{:?}", client.connection()) };
    assert!(message.contains("happy-animal-123.convex.cloud") && message.contains("https://"), "{message}");
    assert_eq!(send(&client, "hi").now_or_never(), Some(Err(ConvexError::Fatal(message))));
    assert_eq!(fake.dialled(), 0);
}

#[derive(Debug)]
struct RefusingDialer;

impl Dial for RefusingDialer {
    fn dial(&self, _url: &str, _events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        Err(DialError::new("not from here"))
    }
}

#[wasm_bindgen_test]
async fn a_dial_error_is_fatal() {
    let client = ConvexClient::builder(FakeDeployment::URL).dial(RefusingDialer).build();
    assert_eq!(client.connection(), ConnectionState::Fatal { message: "not from here".into() });
}

/// Emits an event before `dial` returns. No browser does so, but a wrapper may.
#[derive(Debug)]
struct EarlyDialer(FakeDeployment);

impl Dial for EarlyDialer {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        if self.0.dialled() == 0 {
            events.closed(1006, "");
        }
        self.0.dial(url, events)
    }
}

#[wasm_bindgen_test]
async fn a_socket_may_close_before_dial_returns() {
    let fake = deployment();
    let client = ConvexClient::builder(FakeDeployment::URL).dial(EarlyDialer(fake.clone())).build();
    assert_eq!(fake.opening_sockets(), 0, "the closed socket is dropped at once");
    until("the client is live", || client.connection() == ConnectionState::Live).await;
    assert_eq!((fake.dialled(), fake.open_sockets()), (2, 1));
}

#[wasm_bindgen_test]
async fn closing_one_client_does_not_affect_another() {
    let fake = deployment();
    let (first, second) = (live_client(&fake).await, live_client(&fake).await);
    first.close();
    turns(3).await;
    assert_eq!((second.connection(), fake.open_sockets()), (ConnectionState::Live, 1));
}

#[wasm_bindgen_test]
async fn an_unreachable_deployment_is_redialled() {
    let client = ConvexClient::builder("http://127.0.0.1:1").dial(WebSocketDialer).build();
    let is_waiting =
        || matches!(client.connection(), ConnectionState::Reconnecting { next_attempt: Some(_), .. });
    until("the client waits for the next dial", is_waiting).await;
    client.close();
}
