//! What breaks on the way is healed out of sight: dropped connections, a token endpoint that fails
//! (auth contract §3, rules 1, 4 and 7; §4, lines 1, 10, 12 and 34).

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, Stage, Vigil, course, play, until};
use serde_json::json;

/// Auth contract §4, line 10.
#[tokio::test(flavor = "multi_thread")]
async fn both_panels_recover_from_a_dropped_connection_and_the_fixed_one_without_a_flash() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "latencyMs": 100 })).await?;
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        stage.deployment.drop_connections().await?;
        until("both panels to notice", async || {
            let observed = browser.observations().await?;
            let lost =
                |panel| observed.states(panel)[1..].iter().any(|state| state.connection == "reconnecting");
            Ok(Panel::BOTH.into_iter().all(lost).then_some(()))
        })
        .await?;
        for panel in Panel::BOTH {
            browser.wait_for(panel, "to be live again", |state| state.connection == "live").await?;
            browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
        }

        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated"]);
        Ok(())
    })
    .await
}

/// Auth contract §4, lines 1 and 12.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_token_endpoint_shows_refreshing_keeps_the_children_and_heals() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        stage.deployment.turn(json!({ "tokenEndpoint": "failing" })).await?;
        browser.wait_for(Panel::Fixed, "to be refreshing", |state| state.auth == "refreshing").await?;
        stage.deployment.turn(json!({ "tokenEndpoint": "ok" })).await?;
        browser.wait_for(Panel::Fixed, "to be authenticated", |state| state.auth == "authenticated").await?;

        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated", "refreshing", "authenticated"]);
        Ok(())
    })
    .await
}

/// Auth contract §4, line 34.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_drops_leave_one_socket_to_each_panel() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;
        for drop in 1..=50 {
            stage.deployment.drop_connections().await?;
            until_both_are_connected_anew(stage, &browser).await?;
            let open = browser.observations().await?.open_sockets;
            ensure!(open == Panel::BOTH.len(), "{open} sockets after drop {drop}");
        }
        browser.wait_for(Panel::Fixed, "to be live", |state| state.connection == "live").await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated"]);
        Ok(())
    })
    .await
}

async fn until_both_are_connected_anew(stage: &Stage, browser: &Browser) -> Result<()> {
    until("a new socket for each panel", async || {
        // Otherwise each would wait for a second first.
        browser.run::<bool>("return dispatchEvent(new Event('online'))", Vec::new()).await?;
        let log = stage.deployment.log().await?;
        let open = log.connections.iter().filter(|socket| socket.closed_at_ms.is_none());
        Ok((open.filter(|socket| !socket.authenticates.is_empty()).count() == Panel::BOTH.len())
            .then_some(()))
    })
    .await
}
