//! The demo's controls that break something do break it, and both panels say so.

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, PanelState, Stage, Vigil, course, play, until};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_token_is_replaced_and_disturbs_nobody() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        press(&browser, "reject-token").await?;
        until_refreshing(&vigil).await?;
        vigil.until_live_on_another_socket().await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated", "refreshing", "authenticated"]);
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn rejecting_every_token_ends_the_session_until_it_is_reauthenticated() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        browser.click("reject-all").await?;
        for panel in Panel::BOTH {
            let says = |state: &PanelState| {
                state.auth == "unauthenticated"
                    && ["No auth provider found", "sub=user_alice", "aud=convex"]
                        .iter()
                        .all(|word| state.detail.contains(word))
            };
            browser.wait_for(panel, "the server's words and the token's claims", says).await?;
        }
        ensure!(browser.state(Panel::Fixed).await?.shows("invitation"));

        browser.click("reject-all").await?;
        // The one token can be chosen for it again as soon as not all are rejected any more.
        until_pressable(&browser, "reject-token").await?;
        browser.click("reauthenticate").await?;
        for panel in Panel::BOTH {
            browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
            browser.wait_for(panel, "to be authenticated", |state| state.auth == "authenticated").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_fails_or_hangs_is_named_and_disturbs_nobody() -> Result<()> {
    play(async |stage| {
        let browser = with_short_lived_tokens(stage).await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        press(&browser, "token-endpoint-failing").await?;
        let named =
            |state: &PanelState| state.auth == "refreshing" && state.detail.contains("a knob says so");
        browser.wait_for(Panel::Fixed, "the token endpoint's words", named).await?;
        press(&browser, "token-endpoint-ok").await?;
        browser.wait_for(Panel::Fixed, "a new token", |state| state.auth == "authenticated").await?;

        press(&browser, "token-endpoint-hanging").await?;
        browser.wait_for(Panel::Fixed, "to wait for a token", |state| state.auth == "refreshing").await?;
        press(&browser, "token-endpoint-ok").await?;
        browser.wait_for(Panel::Fixed, "a new token", |state| state.auth == "authenticated").await?;
        vigil.end().await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sleep_outlasts_token_and_sockets_and_disturbs_nobody() -> Result<()> {
    play(async |stage| {
        let browser = with_short_lived_tokens(stage).await?;
        let five_seconds = r#"
            const choice = document.querySelector('[data-testid="sleep-duration"]');
            choice.value = "5";
            choice.dispatchEvent(new Event("change"));"#;
        browser.run::<Option<bool>>(five_seconds, Vec::new()).await?;
        let vigil = Vigil::begin(stage, &browser).await?;

        press(&browser, "sleep").await?;
        // The next token is to outlive the test.
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 300 })).await?;
        until_refreshing(&vigil).await?;
        vigil.until_live_on_another_socket().await?;
        let states = vigil.end().await?;
        assert_eq!(course(&states, |state| &state.auth), ["authenticated", "refreshing", "authenticated"]);
        Ok(())
    })
    .await
}

/// Presses a button as soon as it can be pressed. A mouse would take the focus from whoever is
/// writing.
async fn press(browser: &Browser, testid: &str) -> Result<()> {
    until_pressable(browser, testid).await?;
    let script = r#"document.querySelector(`[data-testid="${arguments[0]}"]`).click()"#;
    browser.run::<Option<bool>>(script, vec![json!(testid)]).await?;
    Ok(())
}

async fn until_pressable(browser: &Browser, testid: &str) -> Result<()> {
    let script = r#"return document.querySelector(`[data-testid="${arguments[0]}"]:enabled`) !== null"#;
    until(&format!("{testid} to be pressable"), async || {
        Ok(browser.run::<bool>(script, vec![json!(testid)]).await?.then_some(()))
    })
    .await
}

/// Waits until the watched panel has been refreshing, however short.
async fn until_refreshing(vigil: &Vigil<'_>) -> Result<()> {
    until("a token to be replaced", async || {
        Ok(vigil.states().await?.iter().any(|state| state.auth == "refreshing").then_some(()))
    })
    .await
}

/// Tokens that do not outlive a sleep, and that are soon to be replaced.
async fn with_short_lived_tokens(stage: &Stage) -> Result<Arc<Browser>> {
    stage.deployment.turn(json!({ "tokenLifetimeSecs": 5 })).await?;
    stage.signed_in("alice").await
}
