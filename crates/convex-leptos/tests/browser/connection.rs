//! The connection state in components.

use crate::fixture::{Page, client, deployment, restart};
use convex_leptos::{
    ConnectionState, ConvexClient, ConvexProvider, InFlight, UseConvexConnection,
    use_convex_connection_state, use_query,
};
use convex_testkit_web::{FakeDeployment, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde_json::json;
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

#[component]
fn Connection() -> impl IntoView {
    let connection = use_convex_connection_state();
    move || match connection.state() {
        ConnectionState::Live => "live".to_owned(),
        ConnectionState::Reconnecting { .. } => "reconnecting".to_owned(),
        ConnectionState::Fatal { message } => format!("fatal: {message}"),
        _ => "connecting".to_owned(),
    }
}

/// docs/auth.md §4, line 33.
#[wasm_bindgen_test]
async fn the_state_follows_a_lost_connection() {
    let fake = deployment();
    let client = client(&fake);
    let page = Page::show(move || {
        view! {
            <ConvexProvider client>
                {
                    let _count = use_query::<_, f64, _>("items:count", ());
                }
                <Connection/>
            </ConvexProvider>
        }
    });
    page.until_text("connecting").await;
    page.until_text("live").await;
    fake.refuse_dials();
    fake.deployment(|deployment, now| deployment.restart(now));
    page.until_text("reconnecting").await;
    fake.accept_dials();
    page.until_text("live").await;
}

#[wasm_bindgen_test]
async fn an_invalid_url_is_a_fatal_state() {
    let page = Page::show(|| view! { <ConvexProvider url="not a url"><Connection/></ConvexProvider> });
    assert!(page.text().starts_with("fatal: "), "{}", page.text());
    assert!(page.text().contains("not a url"), "{}", page.text());
}

/// A client with a live query, its page, and the history of its debounced and raw states.
fn watched(
    fake: &FakeDeployment,
) -> (Page, ConvexClient, UseConvexConnection, StoredValue<Vec<[ConnectionState; 2]>>) {
    let client = client(fake);
    let (hook, states) = (StoredValue::new(None), StoredValue::new(Vec::new()));
    let page = Page::show(move || {
        let connection = client.use_connection_state();
        let count = client.use_query::<_, f64, _>("items:count", ());
        ImmediateEffect::new_scoped(move || {
            let pair = [connection.state(), connection.raw_state()];
            states.update_value(|states| states.push(pair));
        });
        hook.set_value(Some(connection));
        move || count.value()
    });
    (page, client, hook.get_value().expect("the component was built"), states)
}

fn is_reconnecting(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Reconnecting { .. })
}

#[wasm_bindgen_test]
async fn a_short_disconnect_is_not_shown() {
    let fake = deployment();
    let (page, client, connection, states) = watched(&fake);
    page.until_text("0").await;
    // On a slow machine, the disconnect can last too long; then the test tries again.
    for _ in 0..20 {
        states.set_value(Vec::new());
        let (since, start) = (untrack(|| connection.since()), client.now());
        restart(&fake);
        until("the disconnect is noticed", || is_reconnecting(&untrack(|| connection.raw_state()))).await;
        client.reconnect_now();
        until("the connection is live", || untrack(|| connection.raw_state()) == ConnectionState::Live).await;
        if client.now() - start < Duration::from_millis(150) {
            let states = states.get_value();
            assert!(states.iter().any(|[_, raw]| is_reconnecting(raw)));
            assert!(states.iter().all(|[shown, _]| *shown == ConnectionState::Live), "{states:?}");
            assert_eq!(untrack(|| connection.since()), since);
            return;
        }
    }
    panic!("the machine is too slow for a short disconnect");
}

#[wasm_bindgen_test]
async fn a_lasting_change_is_shown_with_its_start_time() {
    let fake = deployment();
    let (page, client, connection, _) = watched(&fake);
    page.until_text("0").await;
    fake.refuse_dials();
    restart(&fake);
    until("the disconnect is noticed", || is_reconnecting(&untrack(|| connection.raw_state()))).await;
    let lost = client.now();
    until("the state is shown", || is_reconnecting(&untrack(|| connection.state()))).await;
    assert!(client.now() - lost >= Duration::from_millis(150), "the change was shown at once");
    assert!(untrack(|| connection.since()) <= lost);
}

#[wasm_bindgen_test]
async fn the_live_state_is_shown_at_once() {
    let fake = deployment();
    let (page, client, connection, states) = watched(&fake);
    page.until_text("0").await;
    assert_eq!(untrack(|| connection.state()), ConnectionState::Live);
    fake.refuse_dials();
    restart(&fake);
    until("the state is shown", || is_reconnecting(&untrack(|| connection.state()))).await;
    fake.accept_dials();
    client.reconnect_now();
    until("the connection is live", || untrack(|| connection.state()) == ConnectionState::Live).await;
    let states = states.get_value();
    assert_eq!(states[0], [ConnectionState::Connecting, ConnectionState::Connecting]);
    assert!(
        states.iter().all(|[shown, raw]| *raw != ConnectionState::Live || shown == raw),
        "the live state was delayed: {states:?}"
    );
}

#[wasm_bindgen_test]
async fn a_closed_or_fatal_state_is_shown_at_once() {
    let fake = deployment();
    let (page, client, connection, _) = watched(&fake);
    page.until_text("0").await;
    client.close();
    assert_eq!(untrack(|| connection.state()), ConnectionState::Closed);

    let (page, _, connection, _) = watched(&fake);
    page.until_text("0").await;
    fake.deployment(|deployment, now| {
        let open: Vec<_> = deployment.connections().collect();
        open.into_iter().for_each(|connection| deployment.fail_fatally(now, connection, "no more"));
    });
    until("the client stops", || matches!(untrack(|| connection.raw_state()), ConnectionState::Fatal { .. }))
        .await;
    assert!(matches!(untrack(|| connection.state()), ConnectionState::Fatal { .. }));
}

#[wasm_bindgen_test]
async fn requests_without_an_outcome_are_counted() {
    let fake = deployment();
    let (page, client, connection, _) = watched(&fake);
    page.until_text("0").await;
    assert_eq!(untrack(|| connection.in_flight()), InFlight::default());
    fake.pause_delivery();
    let put = client.use_mutation::<_, String>("items:put");
    let before = client.now();
    let calls =
        [put.call(json!({ "name": "a", "label": "one" })), put.call(json!({ "name": "b", "label": "two" }))];
    client.use_action::<_, String>("echo:late").dispatch(json!({ "text": "hello", "ms": 0 }));
    let in_flight = untrack(|| connection.in_flight());
    assert_eq!((in_flight.mutations, in_flight.actions), (2, 1));
    assert!(in_flight.oldest.is_some_and(|oldest| oldest >= before && oldest <= client.now()));
    fake.resume_delivery();
    for call in calls {
        assert!(call.await.is_ok());
    }
    until("all calls have ended", || untrack(|| connection.in_flight()) == InFlight::default()).await;
}

#[wasm_bindgen_test]
async fn reconnect_now_ends_the_backoff() {
    let fake = deployment();
    let (page, client, connection, _) = watched(&fake);
    page.until_text("0").await;
    fake.refuse_dials();
    restart(&fake);
    let backs_off = |state: &ConnectionState| {
        matches!(state, ConnectionState::Reconnecting { next_attempt: Some(_), .. })
    };
    until("the client backs off", || backs_off(&untrack(|| connection.raw_state()))).await;
    fake.accept_dials();
    let dialled = fake.dialled();
    client.reconnect_now();
    assert_eq!(fake.dialled(), dialled + 1, "in the same tick");
    until("the connection is live", || untrack(|| connection.state()) == ConnectionState::Live).await;
}
