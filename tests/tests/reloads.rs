//! A reload at any moment of a sign-in ends signed in, and flashes nothing (auth contract §3, rules
//! 1, 3 and 10; §4, lines 9, 13 and 22).

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, PanelState, Stage, course, play, until};
use serde_json::json;

/// Auth contract §4, line 13.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_while_the_session_is_asked() -> Result<()> {
    play(async |stage| {
        let browser = nobody(stage).await?;
        // The cookie is there, the page does not know it yet.
        stage.deployment.turn(json!({ "latencyMs": 1500 })).await?;
        browser.click("sign-in-alice").await?;
        let is_answered = r#"return performance.getEntriesByType("resource").some((one) => one.name.endsWith("/sign-in/email"))"#;
        until("the answer to the sign-in", async || {
            Ok(browser.run::<bool>(is_answered, Vec::new()).await?.then_some(()))
        })
        .await?;
        ensure!(browser.state(Panel::Fixed).await?.auth == "unauthenticated", "the page knows already");
        reload_ends_signed_in(stage, &browser).await?;

        stage.deployment.turn(json!({ "latencyMs": 1500 })).await?;
        browser.hard_refresh().await?;
        waits_for(&browser, "the identity service").await?;
        reload_ends_signed_in(stage, &browser).await
    })
    .await
}

/// Auth contract §4, lines 9 and 13.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_while_the_token_is_fetched() -> Result<()> {
    play(async |stage| {
        let browser = nobody(stage).await?;
        stage.deployment.turn(json!({ "tokenEndpoint": "hanging" })).await?;
        browser.click("sign-in-alice").await?;
        waits_for(&browser, "a token").await?;
        reload_ends_signed_in(stage, &browser).await?;

        stage.deployment.turn(json!({ "tokenEndpoint": "hanging" })).await?;
        browser.hard_refresh().await?;
        let held = waits_for(&browser, "a token").await?;
        ensure!(held.connection != "live", "nothing is held: {held:#?}");
        reload_ends_signed_in(stage, &browser).await
    })
    .await
}

/// Auth contract §4, lines 9 and 13.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_while_the_socket_is_dialled() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        stage.deployment.turn(json!({ "latencyMs": 1500 })).await?;
        browser.hard_refresh().await?;
        // The browser opens the fixed panel's socket after the naive one's.
        let dials = |state: &PanelState| state.connection == "connecting" && waits(state, "a token");
        browser.wait_for(Panel::Fixed, "to dial", dials).await?;
        reload_ends_signed_in(stage, &browser).await
    })
    .await
}

/// Auth contract §4, lines 9, 13 and 22.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_between_authenticate_and_its_answer() -> Result<()> {
    play(async |stage| {
        let browser = nobody(stage).await?;
        wait_for_the_answer(stage, &browser, async || browser.click("sign-in-alice").await).await?;
        reload_ends_signed_in(stage, &browser).await?;

        wait_for_the_answer(stage, &browser, async || browser.hard_refresh().await).await?;
        reload_ends_signed_in(stage, &browser).await
    })
    .await
}

/// A page on which nobody is signed in.
async fn nobody(stage: &Stage) -> Result<Arc<Browser>> {
    let browser = stage.browser().await?;
    browser.open("/").await?;
    browser.wait_for(Panel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
    Ok(browser)
}

/// Lets a sign-in go as far as the `Authenticate`, and keeps its answer back.
async fn wait_for_the_answer(
    stage: &Stage,
    browser: &Browser,
    begin: impl AsyncFnOnce() -> Result<()>,
) -> Result<()> {
    stage.deployment.turn(json!({ "tokenEndpoint": "hanging" })).await?;
    begin().await?;
    waits_for(browser, "a token").await?;
    stage.deployment.turn(json!({ "tokenEndpoint": "ok", "latencyMs": 1500 })).await?;
    waits_for(browser, "the server to confirm").await?;
    let sent = browser.observations().await?.wire(Panel::Fixed)?.sent();
    ensure!(sent.iter().any(|kind| kind == "Authenticate"), "it sent {sent:?}");
    Ok(())
}

async fn waits_for(browser: &Browser, whom: &str) -> Result<PanelState> {
    browser.wait_for(Panel::Fixed, &format!("to wait for {whom}"), |state| waits(state, whom)).await
}

fn waits(state: &PanelState, whom: &str) -> bool {
    state.auth == "loading" && state.detail.contains(&format!("Waiting for {whom}"))
}

/// Reloads, turns the knobs back, and sees Alice's data come with nothing but the placeholder
/// before it.
async fn reload_ends_signed_in(stage: &Stage, browser: &Browser) -> Result<()> {
    // Where the socket was not open yet, there is none.
    let left = browser.observations().await?.wire(Panel::Fixed).ok();
    browser.hard_refresh().await?;
    stage.deployment.turn(json!({ "latencyMs": 50, "tokenEndpoint": "ok" })).await?;
    browser.wait_for_organization(Panel::Fixed, "Rabbit Hole Research").await?;
    browser.wait_for(Panel::Fixed, "the chat", |state| !state.messages.is_empty()).await?;

    let observed = browser.observations().await?;
    let states = observed.states(Panel::Fixed);
    assert_eq!(observed.shown(Panel::Fixed), ["loading", "organizations"]);
    assert_eq!(course(states, |state| &state.auth), ["loading", "authenticated"]);
    ensure!(states.iter().all(|state| state.error.is_none()), "an error was there: {states:#?}");

    let wire = observed.wire(Panel::Fixed)?;
    assert_eq!(wire.sent()[..3], ["Connect", "Authenticate", "ModifyQuerySet"]);
    let log = stage.deployment.log().await?;
    for client in left.iter().chain([&wire]) {
        for run in log.runs_of(&client.session_id) {
            ensure!(!run.saw_nobody(), "server identity null: {run:?}");
        }
    }
    let anonymous = log.runs_of(&wire.session_id).find(|run| run.subject.as_deref() != Some("user_alice"));
    ensure!(anonymous.is_none(), "it ran as somebody else: {anonymous:?}");
    assert_eq!(log.authenticates_of(&wire.session_id), 1, "Authenticates of the load");
    Ok(())
}
