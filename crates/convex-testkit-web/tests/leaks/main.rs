//! A client leaks no listeners, timers or memory, however often its socket is replaced. (The test
//! binary has its own page, with no other listeners and timers.)
#![cfg(target_family = "wasm")]

#[path = "../chat/mod.rs"]
mod chat;
mod page_sockets;

use chat::{deployment, is_authenticated, json, subscribe};
use convex_testkit_web::{
    FakeDeployment, Leaks, dispatch_online, memory_bytes, set_page_visible, testkit::object, until,
};
use convex_web::{
    ConvexClient,
    sync::{Config, ConnectionState, QueryHandle, Session},
};
use futures_util::{FutureExt, future};
use page_sockets::connect_page_sockets;
use std::{cell::Cell, time::Duration};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const RECONNECTS: usize = 200;
/// After so many reconnects, buffers have reached their final size.
const WARM_UP: usize = 50;

/// Why a client needs another socket.
#[derive(Debug, Clone, Copy)]
enum SocketLoss {
    /// The network breaks.
    Broken,
    /// The server closes the socket with a reason.
    Closed,
    /// The server sends an invalid frame.
    Garbled,
    /// The server rejects the token.
    Rejected,
    /// The server is gone when the machine wakes from sleep.
    HalfOpen,
}

const LOSSES: [SocketLoss; 5] =
    [SocketLoss::Broken, SocketLoss::Closed, SocketLoss::Garbled, SocketLoss::Rejected, SocketLoss::HalfOpen];

impl SocketLoss {
    fn cause(self, fake: &FakeDeployment) {
        fake.deployment(|deployment, now| {
            let connection = deployment.connections().next().expect("the client is connected");
            match self {
                Self::Broken => deployment.drop_connection(now, connection),
                Self::Closed => deployment.close(now, connection, Some(1012), "ServiceRestart"),
                Self::Garbled => deployment.send_raw(now, connection, "{"),
                Self::Rejected => deployment.revoke_identity(now, connection, "the token is no longer good"),
                Self::HalfOpen => deployment.freeze(connection),
            }
        });
        if matches!(self, Self::HalfOpen) {
            sleep_and_wake();
        }
    }
}

/// Advances the wall clock alone, then makes the page visible.
fn sleep_and_wake() {
    js_sys::eval("{ const now = Date.now; Date.now = () => now() + 2000; }").expect("the script is valid");
    set_page_visible(true);
}

/// A client that shows one message.
struct MessageView {
    fake: FakeDeployment,
    client: ConvexClient,
    message: String,
    list: QueryHandle,
}

impl MessageView {
    fn open() -> Self {
        let fake = deployment();
        connect_page_sockets(fake.clone());
        let message = fake.deployment(|deployment, now| {
            deployment.edit(now, |db| db.insert("messages", object! { "body" => "first" }))
        });
        let client = signed_in_client(&fake);
        let list = subscribe(&client, "messages:list");
        Self { fake, client, message, list }
    }

    /// Makes the client replace its socket. A change that is made meanwhile arrives on the new one.
    async fn reconnect(&self, loss: SocketLoss, body: &str) {
        let dialled = self.fake.dialled();
        loss.cause(&self.fake);
        self.fake
            .deployment(|deployment, now| {
                deployment.edit(now, |db| db.patch(&self.message, object! { "body" => body }))
            })
            .expect("the message is there");
        let is_lost = || self.fake.dialled() > dialled || self.fake.open_sockets() == 0;
        until(&format!("the socket is lost ({loss:?})"), is_lost).await;
        // Ends the wait for the next dial.
        dispatch_online();
        self.until_live_with(body).await;
        assert_eq!(self.sockets(), (1, 0), "{loss:?}");
        assert_eq!(self.fake.dialled(), dialled + 1, "{loss:?}");
        // The records that the deployment keeps for tests are not leaks.
        drop((self.fake.take_sent(), self.fake.deployment(|deployment, _| deployment.take_executions())));
    }

    async fn until_live_with(&self, body: &str) {
        let result = format!(r#"["{body}"]"#);
        until(&format!("the client is live and shows {body}"), || {
            self.client.connection() == ConnectionState::Live
                && is_authenticated(&self.client)
                && json(&self.client, self.list).as_deref() == Some(&result)
        })
        .await;
    }

    /// The numbers of open sockets, and of those that are being opened.
    fn sockets(&self) -> (usize, usize) {
        (self.fake.open_sockets(), self.fake.opening_sockets())
    }
}

/// A client with the page's `WebSocket` and a signed-in user. Every token fetch returns a new
/// token.
fn signed_in_client(fake: &FakeDeployment) -> ConvexClient {
    let config = Config { probe_timeout: Duration::from_millis(20), ..Config::default() };
    let client = ConvexClient::builder(FakeDeployment::URL).config(config).build();
    let lifetime = Cell::new(3600);
    client.set_token_fetcher(Some(Box::new({
        let fake = fake.clone();
        move |_| {
            lifetime.set(lifetime.get() + 1);
            let token = fake.token_for("ada", Duration::from_secs(lifetime.get()));
            future::ready(Ok(Some(token))).boxed_local()
        }
    })));
    client.set_session(Some(Session::signed_in("ada")));
    client
}

/// The listeners and timers of an idle, connected client: the events of a socket and of the page,
/// and a timer. The deployment in the page has a second timer, for its next ping.
fn idle_client() -> Leaks {
    let events = ["open", "message", "close", "error", "online", "pageshow", "visibilitychange"];
    Leaks { listeners: events.map(|event| (event.to_owned(), 1)).into(), timers: 2 }
}

/// docs/auth.md §4, line 34.
#[wasm_bindgen_test]
async fn two_hundred_reconnects_leak_nothing() {
    Leaks::track();
    let before = Leaks::count();
    let view = MessageView::open();
    view.until_live_with("first").await;
    Leaks::wait_for(&idle_client()).await;

    let mut after_warm_up = (0, 0);
    for reconnect in 1..=RECONNECTS {
        view.reconnect(LOSSES[reconnect % LOSSES.len()], &format!("number {reconnect:03}")).await;
        if reconnect == WARM_UP {
            Leaks::wait_for(&idle_client()).await;
            after_warm_up = memory_and_js_values();
        }
    }
    Leaks::wait_for(&idle_client()).await;
    assert_eq!(memory_and_js_values(), after_warm_up);

    view.client.close();
    assert_eq!(view.sockets(), (0, 0));
    Leaks::wait_for(&before).await;
}

/// The size of the memory in bytes, and the number of JavaScript values that it references.
fn memory_and_js_values() -> (u32, u32) {
    (memory_bytes(), wasm_bindgen::externref_heap_live_count())
}
