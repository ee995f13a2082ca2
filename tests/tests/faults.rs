//! The client recovers from dropped connections and a failing token endpoint without a visible
//! change (docs/auth.md §3, rules 1, 4 and 7; §4, lines 1, 10, 12 and 34).

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, TestEnvironment, UserMonitor, successive, until, with_demo};
use serde_json::json;

/// docs/auth.md §4, line 10.
#[tokio::test(flavor = "multi_thread")]
async fn dropped_connection_recovers_without_a_flash_in_the_fixed_panel() -> Result<()> {
    with_demo(async |env| {
        env.server.set_knobs(json!({ "latencyMs": 100 })).await?;
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        env.server.drop_connections().await?;
        until("both panels to notice", async || {
            let observed = browser.observations().await?;
            let lost =
                |panel| observed.states(panel)[1..].iter().any(|state| state.connection == "reconnecting");
            Ok(DemoPanel::BOTH.into_iter().all(lost).then_some(()))
        })
        .await?;
        for panel in DemoPanel::BOTH {
            browser.wait_for(panel, "to be live again", |state| state.connection == "live").await?;
            browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
        }

        let states = monitor.finish().await?;
        assert_eq!(successive(&states, |state| &state.auth), ["authenticated"]);
        Ok(())
    })
    .await
}

/// docs/auth.md §4, lines 1 and 12.
#[tokio::test(flavor = "multi_thread")]
async fn failing_token_endpoint_shows_refreshing_and_recovers() -> Result<()> {
    with_demo(async |env| {
        env.server.set_knobs(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;

        env.server.set_knobs(json!({ "tokenEndpoint": "failing" })).await?;
        browser.wait_for(DemoPanel::Fixed, "to be refreshing", |state| state.auth == "refreshing").await?;
        env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
        browser
            .wait_for(DemoPanel::Fixed, "to be authenticated", |state| state.auth == "authenticated")
            .await?;

        let states = monitor.finish().await?;
        assert_eq!(
            successive(&states, |state| &state.auth),
            ["authenticated", "refreshing", "authenticated"]
        );
        Ok(())
    })
    .await
}

/// docs/auth.md §4, line 34.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_dropped_connections_leave_one_socket_per_panel() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        let monitor = UserMonitor::start(env, &browser).await?;
        for drop in 1..=50 {
            env.server.drop_connections().await?;
            until_both_are_reconnected(env, &browser).await?;
            let open = browser.observations().await?.open_sockets;
            ensure!(open == DemoPanel::BOTH.len(), "{open} sockets after drop {drop}");
        }
        browser.wait_for(DemoPanel::Fixed, "to be live", |state| state.connection == "live").await?;
        let states = monitor.finish().await?;
        assert_eq!(successive(&states, |state| &state.auth), ["authenticated"]);
        Ok(())
    })
    .await
}

async fn until_both_are_reconnected(env: &TestEnvironment, browser: &Browser) -> Result<()> {
    until("a new socket for each panel", async || {
        // Without this event each panel would wait for a second before it dials.
        browser.run::<bool>("return dispatchEvent(new Event('online'))", Vec::new()).await?;
        let log = env.server.log().await?;
        let open = log.connections.iter().filter(|socket| socket.closed_at_ms.is_none());
        Ok((open.filter(|socket| !socket.authenticates.is_empty()).count() == DemoPanel::BOTH.len())
            .then_some(()))
    })
    .await
}
