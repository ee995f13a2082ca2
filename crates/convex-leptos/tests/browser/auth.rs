//! The auth state in components, and clearing a user's results.

use crate::{
    fixture::{Page, client, deployment, put, sent},
    test_provider::TestProvider,
};
use convex_leptos::{AuthState, Session, TokenError, UseQuery, auth_fn};
use convex_testkit_web::{turns, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn is_authorized_is_none_while_loading() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::new(&fake);
    let page = Page::show(move || {
        client.set_auth(auth);
        let auth = client.use_auth();
        move || format!("{:?}", auth.is_authorized())
    });
    assert_eq!(page.text(), "None");
    auth.sign_out();
    page.until_text("Some(false)").await;
    auth.sign_in("ada");
    page.until_text("None").await;
    page.until_text("Some(true)").await;
    assert_eq!(
        (auth.fetches(), sent(&fake, r#""type":"Authenticate""#)),
        (1, 1),
        "one fetch, one Authenticate"
    );
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn switching_users_clears_results_in_the_same_tick() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let name = RwSignal::new("a");
    let queries = StoredValue::new(None);
    let page = Page::show(move || {
        client.set_auth(auth);
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        let label = client.use_query::<_, String, _>("items:label", move || {
            [("name", name.get())].into_iter().collect::<std::collections::BTreeMap<_, _>>()
        });
        queries.set_value(Some((me, label)));
        move || format!("{:?} {:?}", me.value().flatten(), label.value())
    });
    page.until_text(r#"Some("ada") Some("one")"#).await;
    let (me, label): (UseQuery<Option<String>>, UseQuery<String>) =
        queries.get_value().expect("the component was built");
    // New arguments load; the old result, which is shown meanwhile, is ada's too.
    fake.pause_delivery();
    name.set("b");
    assert_eq!(untrack(|| label.value()).as_deref(), Some("one"));
    let pairs = StoredValue::new(Vec::new());
    let watched =
        ImmediateEffect::new(move || pairs.update_value(|pairs| pairs.push((me.get(), label.get()))));
    auth.sign_in("bob");
    assert_eq!(untrack(|| (me.get(), label.get())), (None, None), "in the same tick");
    drop(watched);
    fake.resume_delivery();
    page.until_text(r#"Some("bob") None"#).await;
    let pairs = pairs.get_value();
    assert!(
        !pairs.iter().any(|(me, label)| me.is_some() != label.is_some()),
        "only one result was cleared: {pairs:?}"
    );
}

/// docs/auth.md §4, line 21.
#[wasm_bindgen_test]
async fn an_app_sign_out_clears_at_once_until_reauthenticate() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let query = StoredValue::new(None);
    let page = Page::show(move || {
        client.set_auth(auth);
        let secret = client.use_authenticated_query::<_, String, _>("users:secret", ());
        query.set_value(Some(secret));
        let auth = client.use_auth();
        move || format!("{:?} {:?}", secret.value(), auth.is_authorized())
    });
    page.until_text(r#"Some("the secret of ada") Some(true)"#).await;
    client.sign_out();
    let secret: UseQuery<String> = query.get_value().expect("the component was built");
    assert_eq!(untrack(|| secret.get()), None, "in the same tick");
    page.until_text("None Some(false)").await;
    turns(20).await;
    assert_eq!(page.text(), "None Some(false)");
    client.reauthenticate();
    page.until_text(r#"Some("the secret of ada") Some(true)"#).await;
}

/// docs/auth.md §4, line 6.
#[wasm_bindgen_test]
async fn a_provider_can_be_two_closures_that_read_signals() {
    let fake = deployment();
    let client = client(&fake);
    let user = RwSignal::new(None::<&str>);
    let ignored = RwSignal::new(0);
    let fetches = StoredValue::new(0);
    let tokens = StoredValue::new_local(fake.clone());
    let page = Page::show(move || {
        client.set_auth(auth_fn(
            move || user.get().map_or(Session::SignedOut, Session::signed_in),
            move |_| {
                // The fetch is untracked: this signal must not cause another fetch.
                let _ = ignored.get();
                fetches.update_value(|fetches| *fetches += 1);
                let token =
                    user.get().map(|user| tokens.with_value(|fake| fake.token(user).expose().to_owned()));
                async move { token.map(Some).ok_or_else(|| TokenError::new("signed out")) }
            },
        ));
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        move || format!("{:?}", me.value())
    });
    page.until_text("Some(None)").await;
    user.set(Some("ada"));
    page.until_text(r#"Some(Some("ada"))"#).await;
    ignored.set(1);
    turns(10).await;
    assert_eq!(fetches.get_value(), 1);
}

#[wasm_bindgen_test]
async fn a_failing_token_fetch_does_not_sign_out() {
    let fake = deployment();
    let client = client(&fake);
    let failing = RwSignal::new(true);
    let tokens = StoredValue::new_local(fake.clone());
    let page = Page::show(move || {
        client.set_auth(auth_fn(
            || Session::signed_in("ada"),
            move |_| async move {
                if failing.get_untracked() {
                    return Err(TokenError::new("the network is down"));
                }
                Ok(Some(tokens.with_value(|fake| fake.token("ada").expose().to_owned())))
            },
        ));
        let auth = client.use_auth();
        move || format!("{:?}", auth.is_authorized())
    });
    turns(20).await;
    assert_eq!(page.text(), "None");
    failing.set(false);
    page.until_text("Some(true)").await;
}

/// docs/auth.md §4, line 27.
#[wasm_bindgen_test]
async fn each_state_is_reported_once() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let reported = StoredValue::new(Vec::new());
    let page = Page::show(move || {
        client.set_auth(auth);
        let auth = client.use_auth();
        ImmediateEffect::new_scoped(move || {
            let flags = (auth.is_loading(), auth.is_authenticated(), auth.is_refreshing());
            reported.update_value(|reported| reported.push(flags));
        });
    });
    until("the user is signed in", || reported.get_value().last() == Some(&(false, true, false))).await;
    auth.sign_out();
    turns(5).await;
    let reported = reported.get_value();
    let mut deduplicated = reported.clone();
    deduplicated.dedup();
    assert_eq!(reported, deduplicated);
    assert_eq!(reported.last(), Some(&(false, false, false)));
    assert!(
        reported
            .iter()
            .all(|&(loading, authenticated, refreshing)| !(refreshing || loading && authenticated))
    );
    drop(page);
}

/// docs/auth.md §4, line 14.
#[wasm_bindgen_test]
async fn the_flags_and_the_state_agree_in_an_immediate_effect() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let mismatches = StoredValue::new(Vec::new());
    let runs = StoredValue::new(0);
    let page = Page::show(move || {
        client.set_auth(auth);
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        let auth = client.use_auth();
        for auth in [auth, auth.when(|| true)] {
            // In both orders of reading, and therefore of subscribing.
            for state_first in [true, false] {
                ImmediateEffect::new_scoped(move || {
                    let early = state_first.then(|| auth.state());
                    let _ = me.get();
                    let flags = (auth.is_loading(), auth.is_authenticated(), auth.is_refreshing());
                    let state = early.unwrap_or_else(|| auth.state());
                    let expected = match state {
                        AuthState::Loading { .. } => (true, false, false),
                        AuthState::Authenticated { refreshing } => (false, true, refreshing),
                        AuthState::Unauthenticated { .. } => (false, false, false),
                    };
                    runs.update_value(|runs| *runs += 1);
                    if flags != expected {
                        mismatches.update_value(|mismatches| mismatches.push((state, flags)));
                    }
                });
            }
        }
        move || format!("{:?}", auth.is_authorized())
    });
    page.until_text("Some(true)").await;
    auth.hold_fetches();
    client.reauthenticate();
    fake.deployment(|deployment, now| {
        let connection = deployment.connections().next().expect("the client is connected");
        deployment.revoke_identity(now, connection, "the token expired");
    });
    until("auth is refreshing", || untrack(|| client.use_auth().is_refreshing())).await;
    auth.release_fetches();
    until("auth has refreshed", || untrack(|| !client.use_auth().is_refreshing())).await;
    client.sign_out();
    page.until_text("Some(false)").await;
    assert!(runs.get_value() > 12);
    assert!(mismatches.get_value().is_empty(), "{:?}", mismatches.get_value());
}
