//! What a client leaves on the page: nothing, however often its socket was cut. (It has a page of
//! its own, where nothing else listens or waits.)
#![cfg(target_family = "wasm")]

#[path = "../chat/mod.rs"]
mod chat;
mod page_sockets;

use chat::{deployment, is_authenticated, json, subscribe};
use convex_testkit_web::{
    FakeDeployment, Leaks, come_online, memory_bytes, set_visible, testkit::object, until,
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
/// After so many, every buffer has grown to what it needs.
const WARMED_UP: usize = 50;

/// How a client comes to need another socket.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// The network breaks.
    Broken,
    /// The server closes, and says why.
    Closed,
    /// The server sends what cannot be read.
    Garbled,
    /// The server rejects the token.
    Rejected,
    /// The machine sleeps, and nobody is at the other end any more when it wakes.
    HalfOpen,
}

const CUTS: [Cut; 5] = [Cut::Broken, Cut::Closed, Cut::Garbled, Cut::Rejected, Cut::HalfOpen];

impl Cut {
    fn make(self, fake: &FakeDeployment) {
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

/// The wall clock goes on while everything else stands still. Then the page is visible again.
fn sleep_and_wake() {
    js_sys::eval("{ const now = Date.now; Date.now = () => now() + 2000; }").expect("it runs");
    set_visible(true);
}

/// Somebody who looks at one message.
struct Visit {
    fake: FakeDeployment,
    client: ConvexClient,
    message: String,
    list: QueryHandle,
}

impl Visit {
    fn begin() -> Self {
        let fake = deployment();
        connect_page_sockets(fake.clone());
        let message = fake.deployment(|deployment, now| {
            deployment.edit(now, |db| db.insert("messages", object! { "body" => "first" }))
        });
        let client = client_of_ada(&fake);
        let list = subscribe(&client, "messages:list");
        Self { fake, client, message, list }
    }

    /// Has the socket replaced once. What changes at the moment of the cut is seen through the new
    /// one.
    async fn reconnect(&self, cut: Cut, body: &str) {
        let dialled = self.fake.dialled();
        cut.make(&self.fake);
        self.fake
            .deployment(|deployment, now| {
                deployment.edit(now, |db| db.patch(&self.message, object! { "body" => body }))
            })
            .expect("the message is there");
        let is_left = || self.fake.dialled() > dialled || self.fake.open_sockets() == 0;
        until(&format!("the socket is left ({cut:?})"), is_left).await;
        // The wait for the next dial ends now.
        come_online();
        self.until_live_with(body).await;
        assert_eq!(self.sockets(), (1, 0), "{cut:?}");
        assert_eq!(self.fake.dialled(), dialled + 1, "{cut:?}");
        // What the deployment notes for tests is no leak.
        drop((self.fake.take_sent(), self.fake.deployment(|deployment, _| deployment.take_executions())));
    }

    async fn until_live_with(&self, body: &str) {
        let result = format!(r#"["{body}"]"#);
        until(&format!("it is live and shows {body}"), || {
            self.client.connection() == ConnectionState::Live
                && is_authenticated(&self.client)
                && json(&self.client, self.list).as_deref() == Some(&result)
        })
        .await;
    }

    /// Those that are open, and those that are being opened.
    fn sockets(&self) -> (usize, usize) {
        (self.fake.open_sockets(), self.fake.opening_sockets())
    }
}

/// A client over the browser's own sockets, of somebody who is signed in, with a new token whenever
/// one is asked for.
fn client_of_ada(fake: &FakeDeployment) -> ConvexClient {
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

/// What a client needs that is connected and has nothing to do: the events of a socket and of the
/// page, and a timer. The deployment in the page has another, for its next ping.
fn needs_of_a_client() -> Leaks {
    let events = ["open", "message", "close", "error", "online", "pageshow", "visibilitychange"];
    Leaks { listeners: events.map(|event| (event.to_owned(), 1)).into(), timers: 2 }
}

/// Auth contract §4, line 34.
#[wasm_bindgen_test]
async fn two_hundred_reconnects_leave_nothing_behind() {
    Leaks::watch();
    let before = Leaks::now();
    let visit = Visit::begin();
    visit.until_live_with("first").await;
    Leaks::until(&needs_of_a_client()).await;

    let mut after_warm_up = (0, 0);
    for reconnect in 1..=RECONNECTS {
        visit.reconnect(CUTS[reconnect % CUTS.len()], &format!("number {reconnect:03}")).await;
        if reconnect == WARMED_UP {
            Leaks::until(&needs_of_a_client()).await;
            after_warm_up = memory_and_js_values();
        }
    }
    Leaks::until(&needs_of_a_client()).await;
    assert_eq!(memory_and_js_values(), after_warm_up);

    visit.client.close();
    assert_eq!(visit.sockets(), (0, 0));
    Leaks::until(&before).await;
}

/// The memory in bytes, and how many of JavaScript's values are held by it.
fn memory_and_js_values() -> (u32, u32) {
    (memory_bytes(), wasm_bindgen::externref_heap_live_count())
}
