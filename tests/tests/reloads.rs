//! A reload at any moment of a sign-in ends signed in, without a flash (docs/auth.md §3, rules 1,
//! 3 and 10; §4, lines 9, 13 and 22).

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, PanelState, TestEnvironment, successive, until, with_demo};
use serde_json::json;

/// docs/auth.md §4, line 13.
#[tokio::test(flavor = "multi_thread")]
async fn reload_during_the_session_request_ends_signed_in() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_out(env).await?;
        // With this latency the cookie is set before the page knows of the sign-in.
        env.server.set_knobs(json!({ "latencyMs": 1500 })).await?;
        browser.click("sign-in-alice").await?;
        let is_answered = r#"return performance.getEntriesByType("resource").some((one) => one.name.endsWith("/sign-in/email"))"#;
        until("the answer to the sign-in", async || {
            Ok(browser.run::<bool>(is_answered, Vec::new()).await?.then_some(()))
        })
        .await?;
        ensure!(
            browser.state(DemoPanel::Fixed).await?.auth == "unauthenticated",
            "the page already knows of the sign-in"
        );
        reload_ends_signed_in(env, &browser).await?;

        env.server.set_knobs(json!({ "latencyMs": 1500 })).await?;
        browser.hard_refresh().await?;
        until_waiting_for(&browser, "the identity service").await?;
        reload_ends_signed_in(env, &browser).await
    })
    .await
}

/// docs/auth.md §4, lines 9 and 13.
#[tokio::test(flavor = "multi_thread")]
async fn reload_during_the_token_fetch_ends_signed_in() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_out(env).await?;
        env.server.set_knobs(json!({ "tokenEndpoint": "hanging" })).await?;
        browser.click("sign-in-alice").await?;
        until_waiting_for(&browser, "a token").await?;
        reload_ends_signed_in(env, &browser).await?;

        env.server.set_knobs(json!({ "tokenEndpoint": "hanging" })).await?;
        browser.hard_refresh().await?;
        let state = until_waiting_for(&browser, "a token").await?;
        ensure!(state.connection != "live", "the connection is not held back: {state:#?}");
        reload_ends_signed_in(env, &browser).await
    })
    .await
}

/// docs/auth.md §4, lines 9 and 13.
#[tokio::test(flavor = "multi_thread")]
async fn reload_during_the_dial_ends_signed_in() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        env.server.set_knobs(json!({ "latencyMs": 1500 })).await?;
        browser.hard_refresh().await?;
        // The browser opens the fixed panel's socket after that of the naive panel.
        let dials = |state: &PanelState| state.connection == "connecting" && is_waiting_for(state, "a token");
        browser.wait_for(DemoPanel::Fixed, "to dial", dials).await?;
        reload_ends_signed_in(env, &browser).await
    })
    .await
}

/// docs/auth.md §4, lines 9, 13 and 22.
#[tokio::test(flavor = "multi_thread")]
async fn reload_before_the_answer_to_authenticate_ends_signed_in() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_out(env).await?;
        until_authenticate_is_sent(env, &browser, async || browser.click("sign-in-alice").await).await?;
        reload_ends_signed_in(env, &browser).await?;

        until_authenticate_is_sent(env, &browser, async || browser.hard_refresh().await).await?;
        reload_ends_signed_in(env, &browser).await
    })
    .await
}

/// A browser with the demo open and no user signed in.
async fn signed_out(env: &TestEnvironment) -> Result<Arc<Browser>> {
    let browser = env.browser().await?;
    browser.open("/").await?;
    browser.wait_for(DemoPanel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
    Ok(browser)
}

/// Starts a sign-in and waits until `Authenticate` is sent. Its answer is delayed by the latency.
async fn until_authenticate_is_sent(
    env: &TestEnvironment,
    browser: &Browser,
    start: impl AsyncFnOnce() -> Result<()>,
) -> Result<()> {
    env.server.set_knobs(json!({ "tokenEndpoint": "hanging" })).await?;
    start().await?;
    until_waiting_for(browser, "a token").await?;
    env.server.set_knobs(json!({ "tokenEndpoint": "ok", "latencyMs": 1500 })).await?;
    until_waiting_for(browser, "the server to confirm").await?;
    let sent = browser.observations().await?.traffic(DemoPanel::Fixed)?.sent();
    ensure!(sent.iter().any(|kind| kind == "Authenticate"), "the sent frames are {sent:?}");
    Ok(())
}

async fn until_waiting_for(browser: &Browser, event: &str) -> Result<PanelState> {
    let is_waiting = |state: &PanelState| is_waiting_for(state, event);
    browser.wait_for(DemoPanel::Fixed, &format!("to wait for {event}"), is_waiting).await
}

fn is_waiting_for(state: &PanelState, event: &str) -> bool {
    state.auth == "loading" && state.detail.contains(&format!("Waiting for {event}"))
}

/// Reloads, resets the knobs, and checks that Alice's data appears after the placeholder only.
async fn reload_ends_signed_in(env: &TestEnvironment, browser: &Browser) -> Result<()> {
    // `None` if the socket was not open yet.
    let before = browser.observations().await?.traffic(DemoPanel::Fixed).ok();
    browser.hard_refresh().await?;
    env.server.set_knobs(json!({ "latencyMs": 50, "tokenEndpoint": "ok" })).await?;
    browser.wait_for_organization(DemoPanel::Fixed, "Rabbit Hole Research").await?;
    browser.wait_for(DemoPanel::Fixed, "the chat", |state| !state.messages.is_empty()).await?;

    let observed = browser.observations().await?;
    let states = observed.states(DemoPanel::Fixed);
    assert_eq!(observed.shown(DemoPanel::Fixed), ["loading", "organizations"]);
    assert_eq!(successive(states, |state| &state.auth), ["loading", "authenticated"]);
    ensure!(states.iter().all(|state| state.error.is_none()), "an error was shown: {states:#?}");

    let traffic = observed.traffic(DemoPanel::Fixed)?;
    assert_eq!(traffic.sent()[..3], ["Connect", "Authenticate", "ModifyQuerySet"]);
    let log = env.server.log().await?;
    for client in before.iter().chain([&traffic]) {
        for run in log.runs_of_client(&client.session_id) {
            ensure!(!run.ran_anonymously(), "server identity null: {run:?}");
        }
    }
    let mut runs = log.runs_of_client(&traffic.session_id);
    let not_alice = runs.find(|run| run.subject.as_deref() != Some("user_alice"));
    ensure!(not_alice.is_none(), "a function did not run as Alice: {not_alice:?}");
    assert_eq!(log.authenticates_of_client(&traffic.session_id), 1, "`Authenticate` frames of the load");
    Ok(())
}
