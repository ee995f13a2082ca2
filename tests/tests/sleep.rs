//! A laptop sleeps and wakes: whoever was signed in still is, and nothing flashes (auth contract
//! §3, rules 3, 4, 7 and 11; §4, lines 1, 12 and 30).

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, PanelState, Stage, Vigil, course, play};
use serde_json::json;

/// How long a token lives: too short to survive a sleep.
const LIFETIME: Duration = Duration::from_secs(5);
/// How soon after a wake a page must be live, where the network is up.
const SOON: Duration = Duration::from_secs(5);

/// Auth contract §4, lines 12 and 30.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_wakes_signed_in_after_its_token_ran_out_and_its_sockets_broke() -> Result<()> {
    play(async |stage| {
        let browser = with_a_short_lived_token(stage).await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        // The browser closes the sockets of a page that is frozen.
        browser.fall_asleep().await?;
        stage.deployment.until_tokens_have_run_out(LIFETIME).await?;
        browser.wake().await?;

        vigil.until_live_on_another_socket().await?;
        let took = vigil.back_after("visible").await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated", "refreshing", "authenticated"]);
        ensure!(took <= SOON, "it took {took:?}: {states:#?}");
        Ok(())
    })
    .await
}

/// Auth contract §4, line 1.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_wakes_before_its_network_stays_signed_in() -> Result<()> {
    play(async |stage| {
        let browser = with_a_short_lived_token(stage).await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        browser.fall_asleep().await?;
        stage.deployment.turn(json!({ "network": "dead" })).await?;
        stage.deployment.until_tokens_have_run_out(LIFETIME).await?;
        browser.wake().await?;
        vigil.until_dialled_in_vain(2).await?;

        stage.deployment.turn(json!({ "network": "up", "tokenEndpoint": "failing" })).await?;
        let held = |state: &PanelState| state.auth == "refreshing" && state.connection == "held for auth";
        browser.wait_for(Panel::Fixed, "a socket, and no token for it", held).await?;

        stage.deployment.turn(json!({ "tokenEndpoint": "ok" })).await?;
        vigil.until_live_on_another_socket().await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated", "refreshing", "authenticated"]);
        Ok(())
    })
    .await
}

async fn with_a_short_lived_token(stage: &Stage) -> Result<Arc<Browser>> {
    stage.deployment.turn(json!({ "tokenLifetimeSecs": LIFETIME.as_secs() })).await?;
    stage.signed_in("alice").await
}
