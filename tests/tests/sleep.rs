//! A laptop sleeps and wakes: the user stays signed in, and nothing flashes (docs/auth.md §3,
//! rules 3, 4, 7 and 11; §4, lines 1, 12 and 30).

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, PanelState, TestEnvironment, UserMonitor, successive, with_demo};
use serde_json::json;

/// The lifetime of a token, shorter than the sleep.
const LIFETIME: Duration = Duration::from_secs(5);
/// The time limit from a wake to a live page, if the network is up.
const RECOVERY_LIMIT: Duration = Duration::from_secs(5);

/// docs/auth.md §4, lines 12 and 30.
#[tokio::test(flavor = "multi_thread")]
async fn page_wakes_signed_in_after_token_and_sockets_expired() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_in_with_a_short_token(env).await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        // The browser closes the sockets of a frozen page.
        browser.freeze().await?;
        env.server.until_tokens_have_expired(LIFETIME).await?;
        browser.wake().await?;

        monitor.until_live_on_another_socket().await?;
        let took = monitor.recovery_time_after("visible").await?;
        let states = monitor.finish().await?;
        assert_eq!(
            successive(&states, |state| &state.auth),
            ["authenticated", "refreshing", "authenticated"]
        );
        ensure!(took <= RECOVERY_LIMIT, "the recovery took {took:?}: {states:#?}");
        Ok(())
    })
    .await
}

/// docs/auth.md §4, line 1.
#[tokio::test(flavor = "multi_thread")]
async fn page_that_wakes_before_its_network_stays_signed_in() -> Result<()> {
    with_demo(async |env| {
        let browser = signed_in_with_a_short_token(env).await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        browser.freeze().await?;
        env.server.set_knobs(json!({ "network": "dead" })).await?;
        env.server.until_tokens_have_expired(LIFETIME).await?;
        browser.wake().await?;
        monitor.until_failed_dials(2).await?;

        env.server.set_knobs(json!({ "network": "up", "tokenEndpoint": "failing" })).await?;
        let held = |state: &PanelState| state.auth == "refreshing" && state.connection == "held for auth";
        browser.wait_for(DemoPanel::Fixed, "a socket without a token", held).await?;

        env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
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

async fn signed_in_with_a_short_token(env: &TestEnvironment) -> Result<Arc<Browser>> {
    env.server.set_knobs(json!({ "tokenLifetimeSecs": LIFETIME.as_secs() })).await?;
    env.signed_in("alice").await
}
