//! The demo's controls inject their faults, and the panels report them.

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, PanelState, TestEnvironment, UserMonitor, successive, until, with_demo};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn rejected_token_is_replaced_without_disturbing_the_user() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        press(&browser, "reject-token").await?;
        until_refreshing(&monitor).await?;
        monitor.until_live_on_another_socket().await?;
        let states = monitor.finish().await?;
        assert_eq!(
            successive(&states, |state| &state.auth),
            ["authenticated", "refreshing", "authenticated"]
        );
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn rejecting_all_tokens_ends_the_session_until_reauthentication() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        browser.click("reject-all").await?;
        for panel in DemoPanel::BOTH {
            let explains = |state: &PanelState| {
                state.auth == "unauthenticated"
                    && ["No auth provider found", "sub=user_alice", "aud=convex"]
                        .iter()
                        .all(|word| state.detail.contains(word))
            };
            browser.wait_for(panel, "the server's message and the token's claims", explains).await?;
        }
        ensure!(browser.state(DemoPanel::Fixed).await?.shows("invitation"));

        browser.click("reject-all").await?;
        // The button is enabled again when the server no longer rejects all tokens.
        until_enabled(&browser, "reject-token").await?;
        browser.click("reauthenticate").await?;
        for panel in DemoPanel::BOTH {
            browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
            browser.wait_for(panel, "to be authenticated", |state| state.auth == "authenticated").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn token_endpoint_faults_are_reported_without_disturbing_the_user() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_in_with_short_tokens(env).await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        press(&browser, "token-endpoint-failing").await?;
        let explains =
            |state: &PanelState| state.auth == "refreshing" && state.detail.contains("fails on purpose");
        browser.wait_for(DemoPanel::Fixed, "the token endpoint's message", explains).await?;
        press(&browser, "token-endpoint-ok").await?;
        browser.wait_for(DemoPanel::Fixed, "a new token", |state| state.auth == "authenticated").await?;

        press(&browser, "token-endpoint-hanging").await?;
        browser.wait_for(DemoPanel::Fixed, "to wait for a token", |state| state.auth == "refreshing").await?;
        press(&browser, "token-endpoint-ok").await?;
        browser.wait_for(DemoPanel::Fixed, "a new token", |state| state.auth == "authenticated").await?;
        monitor.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sleep_longer_than_the_token_does_not_disturb_the_user() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_in_with_short_tokens(env).await?;
        let five_seconds = r#"
            const choice = document.querySelector('[data-testid="sleep-duration"]');
            choice.value = "5";
            choice.dispatchEvent(new Event("change"));"#;
        browser.run::<Option<bool>>(five_seconds, Vec::new()).await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        press(&browser, "sleep").await?;
        // The next token must not expire during the test.
        env.server.set_knobs(json!({ "tokenLifetimeSecs": 300 })).await?;
        until_refreshing(&monitor).await?;
        monitor.until_live_on_another_socket().await?;
        let states = monitor.finish().await?;
        assert_eq!(
            successive(&states, |state| &state.auth),
            ["authenticated", "refreshing", "authenticated"]
        );
        Ok(())
    })
    .await
}

/// Presses a button by script, after waiting until it is enabled. A mouse click would take the focus from the
/// field that the monitored user types into.
async fn press(browser: &Browser, testid: &str) -> Result<()> {
    until_enabled(browser, testid).await?;
    let script = r#"document.querySelector(`[data-testid="${arguments[0]}"]`).click()"#;
    browser.run::<Option<bool>>(script, vec![json!(testid)]).await?;
    Ok(())
}

async fn until_enabled(browser: &Browser, testid: &str) -> Result<()> {
    let script = r#"return document.querySelector(`[data-testid="${arguments[0]}"]:enabled`) !== null"#;
    until(&format!("{testid} to be enabled"), async || {
        Ok(browser.run::<bool>(script, vec![json!(testid)]).await?.then_some(()))
    })
    .await
}

/// Waits until the monitored panel has been refreshing, even briefly.
async fn until_refreshing(monitor: &UserMonitor<'_>) -> Result<()> {
    until("a token to be replaced", async || {
        Ok(monitor.states().await?.iter().any(|state| state.auth == "refreshing").then_some(()))
    })
    .await
}

/// Alice, signed in with tokens that expire during a sleep and are replaced soon.
async fn signed_in_with_short_tokens(env: &TestEnvironment) -> Result<Arc<Browser>> {
    env.server.set_knobs(json!({ "tokenLifetimeSecs": 5 })).await?;
    env.signed_in("alice").await
}
