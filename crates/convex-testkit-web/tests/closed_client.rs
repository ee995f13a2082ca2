//! Calls on a closed client.
#![cfg(target_family = "wasm")]

mod calls;
mod chat;

use calls::{CALLS, Handles, deployment_and_client};
use chat::{args, path};
use convex_testkit_web::{turns, until};
use convex_web::{
    ConvexClient,
    sync::{AuthPolicy, AuthState, ConnectionState, ConvexError, NotSentReason, UnauthenticatedReason},
};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn every_call_on_a_closed_client_returns() {
    for (name, call) in CALLS {
        console_log!("{name}");
        let (fake, client) = deployment_and_client();
        let handles = Handles::of(&client);
        until("the query has its result", || client.result(handles.query).is_some()).await;
        client.close();
        call(&handles);
        turns(2).await;
        assert_is_closed(&client).await;
        assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0), "{name}");
    }
}

#[wasm_bindgen_test]
async fn a_client_can_be_created_closed() {
    assert_is_closed(&ConvexClient::closed()).await;
}

async fn assert_is_closed(client: &ConvexClient) {
    assert_eq!(client.connection(), ConnectionState::Closed);
    let auth = client.auth();
    assert!(
        matches!(
            auth,
            AuthState::Unauthenticated {
                reason: UnauthenticatedReason::ClientStopped { .. } | UnauthenticatedReason::NoProvider
            }
        ),
        "{auth:?}"
    );
    let outcome = client.query(path("messages:count"), args(()), AuthPolicy::Immediate).await;
    assert_eq!(outcome, Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
}
