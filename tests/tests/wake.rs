//! A page comes back to the front, from the back-forward cache, or into the net: what is broken is
//! replaced at once, what is whole is left alone (auth contract §3, rules 4 and 11; §4, lines 12
//! and 28).

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, Vigil, course, play, until};
use serde_json::json;

/// How soon after a wake a page must be live, where the network is up.
const SOON: Duration = Duration::from_secs(5);

/// Auth contract §4, line 12.
#[tokio::test(flavor = "multi_thread")]
async fn coming_back_to_a_healthy_page_changes_nothing() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;
        let before = stage.deployment.log().await?;

        browser.hide().await?;
        until_no_frame_is_recent(&browser).await?;
        let sent = browser.observations().await?.wire(Panel::Fixed)?.sent().len();
        browser.show().await?;
        until("the socket to have proved itself", async || {
            let wire = browser.observations().await?.wire(Panel::Fixed)?;
            let has_answered = wire.sent().len() > sent && wire.is_answered();
            Ok((has_answered || was_heard_of_just_before(&browser).await?).then_some(()))
        })
        .await?;

        let states = vigil.end().await?;
        ensure!(states.len() == 1, "something changed: {states:#?}");
        let after = stage.deployment.log().await?;
        assert_eq!(after.connections.len(), before.connections.len(), "sockets");
        assert_eq!(after.token_fetches.len(), before.token_fetches.len(), "token fetches");
        assert_eq!(after.executions.len(), before.executions.len(), "function runs");
        Ok(())
    })
    .await
}

/// Auth contract §4, line 28.
#[tokio::test(flavor = "multi_thread")]
async fn coming_back_to_a_dead_socket_replaces_it() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        browser.hide().await?;
        // The sockets are silent from here on: nobody ever says that they are dead.
        stage.deployment.turn(json!({ "network": "dead" })).await?;
        until("the sockets to be dead", async || {
            let log = stage.deployment.log().await?;
            Ok(log.connections.iter().all(|socket| socket.closed_at_ms.is_some()).then_some(()))
        })
        .await?;
        stage.deployment.turn(json!({ "network": "up" })).await?;
        until_no_frame_is_recent(&browser).await?;
        ensure!(vigil.states().await?.len() == 1, "the page knew of its dead socket before it came back");
        browser.show().await?;

        vigil.until_live_on_another_socket().await?;
        let took = vigil.back_after("visible").await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated"]);
        ensure!(took <= SOON, "it took {took:?}: {states:#?}");
        Ok(())
    })
    .await
}

/// Auth contract §4, lines 12 and 28.
#[tokio::test(flavor = "multi_thread")]
async fn coming_back_from_the_back_forward_cache_goes_on_where_the_page_was_left() -> Result<()> {
    play(async |stage| {
        let lifetime = Duration::from_secs(5);
        stage.deployment.turn(json!({ "tokenLifetimeSecs": lifetime.as_secs() })).await?;
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        browser
            .leave_and_come_back(async || stage.deployment.until_tokens_have_run_out(lifetime).await)
            .await?;

        vigil.until_live_on_another_socket().await?;
        let took = vigil.back_after("pageshow").await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated", "refreshing", "authenticated"]);
        ensure!(took <= SOON, "it took {took:?}: {states:#?}");
        Ok(())
    })
    .await
}

/// Auth contract §4, lines 1 and 28.
#[tokio::test(flavor = "multi_thread")]
async fn coming_back_online_ends_every_wait() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        browser.set_offline(true).await?;
        stage.deployment.drop_connections().await?;
        // The next attempts of either kind would be seconds away.
        vigil.until_dialled_in_vain(3).await?;
        browser.set_offline(false).await?;

        vigil.until_live_on_another_socket().await?;
        let took = vigil.back_after("online").await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated", "refreshing", "authenticated"]);
        ensure!(took <= SOON, "it took {took:?}: {states:#?}");
        Ok(())
    })
    .await
}

/// Whether a ping came in the last moment before the page came back, so that no proof was needed.
async fn was_heard_of_just_before(browser: &Browser) -> Result<bool> {
    let script = r#"
        const { events, lastFrame } = window.__observed;
        const silence = events.findLast((event) => event.kind === "visible").at - lastFrame;
        return silence >= 0 && silence <= 1000;"#;
    browser.run(script, Vec::new()).await
}

/// A socket that brought a frame a moment ago needs no proof.
async fn until_no_frame_is_recent(browser: &Browser) -> Result<()> {
    let since = "return performance.now() - window.__observed.lastFrame > 1500";
    until("the last frame to be old", async || {
        Ok(browser.run::<bool>(since, Vec::new()).await?.then_some(()))
    })
    .await
}
