//! A client that is closed, or gone, answers every call.
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
async fn a_closed_client_answers_every_call_and_stays_closed() {
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
async fn a_client_made_closed_is_as_one_that_was_closed() {
    assert_is_closed(&ConvexClient::closed()).await;
}

async fn assert_is_closed(client: &ConvexClient) {
    assert_eq!(client.connection(), ConnectionState::Closed);
    let reason = client.auth();
    assert!(
        matches!(
            reason,
            AuthState::Unauthenticated {
                reason: UnauthenticatedReason::ClientStopped { .. } | UnauthenticatedReason::NoProvider
            }
        ),
        "{reason:?}"
    );
    let answer = client.query(path("messages:count"), args(()), AuthPolicy::Immediate).await;
    assert_eq!(answer, Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
}
