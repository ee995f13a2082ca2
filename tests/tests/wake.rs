//! A page returns to the front, from the back-forward cache, or to the network: broken sockets and
//! expired tokens are replaced at once, working ones are kept (docs/auth.md §3, rules 4 and 11;
//! §4, lines 12 and 28).

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, UserMonitor, successive, until, with_demo};
use serde_json::json;

/// The time limit from a wake to a live page, if the network is up.
const RECOVERY_LIMIT: Duration = Duration::from_secs(5);

/// docs/auth.md §4, line 12.
#[tokio::test(flavor = "multi_thread")]
async fn showing_a_healthy_page_changes_nothing() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;
        let before = env.server.log().await?;

        browser.hide().await?;
        until_no_frame_is_recent(&browser).await?;
        let sent = browser.observations().await?.traffic(DemoPanel::Fixed)?.sent().len();
        browser.show().await?;
        until("the socket to be checked", async || {
            let traffic = browser.observations().await?.traffic(DemoPanel::Fixed)?;
            let has_answered = traffic.sent().len() > sent && traffic.is_answered();
            Ok((has_answered || received_a_frame_just_before(&browser).await?).then_some(()))
        })
        .await?;

        let states = monitor.finish().await?;
        ensure!(states.len() == 1, "the panel changed: {states:#?}");
        let after = env.server.log().await?;
        assert_eq!(after.connections.len(), before.connections.len(), "sockets");
        assert_eq!(after.token_fetches.len(), before.token_fetches.len(), "token fetches");
        assert_eq!(after.executions.len(), before.executions.len(), "function runs");
        Ok(())
    })
    .await
}

/// docs/auth.md §4, line 28.
#[tokio::test(flavor = "multi_thread")]
async fn showing_a_page_with_a_dead_socket_replaces_it() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        browser.hide().await?;
        // From here on the sockets are silent: the page is not notified that they are dead.
        env.server.set_knobs(json!({ "network": "dead" })).await?;
        until("the sockets to be dead", async || {
            let log = env.server.log().await?;
            Ok(log.connections.iter().all(|socket| socket.closed_at_ms.is_some()).then_some(()))
        })
        .await?;
        env.server.set_knobs(json!({ "network": "up" })).await?;
        until_no_frame_is_recent(&browser).await?;
        ensure!(monitor.states().await?.len() == 1, "the page noticed its dead socket while hidden");
        browser.show().await?;

        monitor.until_live_on_another_socket().await?;
        let took = monitor.recovery_time_after("visible").await?;
        let states = monitor.finish().await?;
        assert_eq!(successive(&states, |state| &state.auth), ["authenticated"]);
        ensure!(took <= RECOVERY_LIMIT, "the recovery took {took:?}: {states:#?}");
        Ok(())
    })
    .await
}

/// docs/auth.md §4, lines 12 and 28.
#[tokio::test(flavor = "multi_thread")]
async fn page_restored_from_the_back_forward_cache_continues() -> Result<()> {
    with_demo(async |env| {
        let lifetime = Duration::from_secs(5);
        env.server.set_knobs(json!({ "tokenLifetimeSecs": lifetime.as_secs() })).await?;
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        browser.navigate_away_and_back(async || env.server.until_tokens_have_expired(lifetime).await).await?;

        monitor.until_live_on_another_socket().await?;
        let took = monitor.recovery_time_after("pageshow").await?;
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

/// docs/auth.md §4, lines 1 and 28.
#[tokio::test(flavor = "multi_thread")]
async fn coming_online_ends_every_backoff() -> Result<()> {
    with_demo(async |env| {
        env.server.set_knobs(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        browser.set_offline(true).await?;
        env.server.drop_connections().await?;
        // The next dial and the next token fetch are now seconds away.
        monitor.until_failed_dials(3).await?;
        browser.set_offline(false).await?;

        monitor.until_live_on_another_socket().await?;
        let took = monitor.recovery_time_after("online").await?;
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

/// Whether a ping arrived just before the page became visible, so that the client had nothing to
/// check.
async fn received_a_frame_just_before(browser: &Browser) -> Result<bool> {
    let script = r#"
        const { events, lastFrame } = window.__observed;
        const silence = events.findLast((event) => event.kind === "visible").at - lastFrame;
        return silence >= 0 && silence <= 1000;"#;
    browser.run(script, Vec::new()).await
}

/// Waits until the last frame is old enough that the client checks the socket.
async fn until_no_frame_is_recent(browser: &Browser) -> Result<()> {
    let since = "return performance.now() - window.__observed.lastFrame > 1500";
    until("the last frame to be old", async || {
        Ok(browser.run::<bool>(since, Vec::new()).await?.then_some(()))
    })
    .await
}
