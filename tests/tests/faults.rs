//! What breaks on the way is healed out of sight: dropped connections, a token endpoint that fails, tokens that run out
//! (auth contract §3, rules 1, 4 and 7; §4, lines 1, 10, 12 and 15).

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, PanelState, Stage, play, until};
use serde_json::json;

const ALICES: &str = "Rabbit Hole Research";

#[tokio::test(flavor = "multi_thread")]
async fn both_panels_recover_from_a_dropped_connection_and_the_fixed_one_without_a_flash() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "latencyMs": 100 })).await?;
        let browser = stage.signed_in("alice").await?;
        remember_the_list(&browser).await?;
        let before = browser.observations().await?.states(Panel::Fixed).len();

        browser.click("drop-connection").await?;
        until("both panels to notice", async || {
            let observed = browser.observations().await?;
            let lost =
                |panel| observed.states(panel)[1..].iter().any(|state| state.connection == "reconnecting");
            Ok(Panel::BOTH.into_iter().all(lost).then_some(()))
        })
        .await?;
        for panel in Panel::BOTH {
            browser.wait_for(panel, "to be live again", |state| state.connection == "live").await?;
            browser.wait_for_organization(panel, ALICES).await?;
        }

        nothing_but_her_list_since(&browser, before, |state| state.auth == "authenticated").await?;
        ran_as_alice_only(stage, &browser).await
    })
    .await
}

/// Auth contract §4, lines 1 and 12.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_token_endpoint_shows_refreshing_keeps_the_children_and_heals() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = stage.signed_in("alice").await?;
        remember_the_list(&browser).await?;
        let before = browser.observations().await?.states(Panel::Fixed).len();

        browser.click("token-endpoint-failing").await?;
        browser.wait_for(Panel::Fixed, "to be refreshing", |state| state.auth == "refreshing").await?;
        browser.click("token-endpoint-ok").await?;
        browser.wait_for(Panel::Fixed, "to be authenticated", |state| state.auth == "authenticated").await?;

        let signed_in = |state: &PanelState| state.auth == "authenticated" || state.auth == "refreshing";
        nothing_but_her_list_since(&browser, before, signed_in).await?;
        ran_as_alice_only(stage, &browser).await
    })
    .await
}

/// Auth contract §4, line 15.
#[tokio::test(flavor = "multi_thread")]
async fn rotating_tokens_disturbs_nobody_who_is_typing() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 4 })).await?;
        let browser = stage.signed_in("alice").await?;
        remember_the_list(&browser).await?;
        let observed = browser.observations().await?;
        let before = observed.states(Panel::Fixed).len();
        let session = observed.wire(Panel::Fixed)?.session_id;
        browser.type_in(Panel::Fixed, "message-input", "Half a sen").await?;

        let authenticates = stage.deployment.log().await?.authenticates_of(&session);
        until("two more tokens", async || {
            let now = stage.deployment.log().await?.authenticates_of(&session);
            Ok((now >= authenticates + 2).then_some(()))
        })
        .await?;

        browser.type_in(Panel::Fixed, "message-input", "tence").await?;
        let field = r#"const field = document.querySelector('[data-testid="fixed"] [data-testid="message-input"]');
            return [field.value, String(field === document.activeElement)];"#;
        assert_eq!(browser.run::<[String; 2]>(field, Vec::new()).await?, ["Half a sentence", "true"]);
        nothing_but_her_list_since(&browser, before, |state| state.auth == "authenticated").await?;
        let sockets = stage.deployment.log().await?.connections;
        let sockets = sockets.iter().filter(|socket| socket.session_id.as_deref() == Some(session.as_str()));
        assert_eq!(sockets.count(), 1, "a new token needs no new socket");
        Ok(())
    })
    .await
}

/// Marks the fixed panel's list, to tell it from one that was built anew.
async fn remember_the_list(browser: &Browser) -> Result<()> {
    browser.wait_for_organization(Panel::Fixed, ALICES).await?;
    browser
        .wait_for(Panel::Fixed, "to be live", |state| {
            state.connection == "live" && state.auth == "authenticated"
        })
        .await?;
    let mark =
        r#"document.querySelector('[data-testid="fixed"] [data-testid="organizations"]').isTheOld = true"#;
    browser.run::<Option<bool>>(mark, Vec::new()).await?;
    Ok(())
}

/// The very same list was in the fixed panel all the time, and the person never in doubt.
async fn nothing_but_her_list_since(
    browser: &Browser,
    before: usize,
    signed_in: impl Fn(&PanelState) -> bool,
) -> Result<()> {
    let observed = browser.observations().await?;
    for state in &observed.states(Panel::Fixed)[before..] {
        let undisturbed =
            state.shows("organizations") && state.text.contains(ALICES) && state.error.is_none();
        ensure!(undisturbed && signed_in(state), "disturbed: {state:#?}");
    }
    let mark = r#"return document.querySelector('[data-testid="fixed"] [data-testid="organizations"]').isTheOld === true"#;
    ensure!(browser.run::<bool>(mark, Vec::new()).await?, "the list was built anew");
    Ok(())
}

/// Since she has signed in, no query of the fixed panel ran as anybody else.
async fn ran_as_alice_only(stage: &Stage, browser: &Browser) -> Result<()> {
    let session = browser.observations().await?.wire(Panel::Fixed)?.session_id;
    let log = stage.deployment.log().await?;
    let mut runs = log.runs_of(&session).skip_while(|run| run.subject.is_none());
    ensure!(runs.all(|run| run.subject.as_deref() == Some("user_alice")), "{:#?}", log.executions);
    Ok(())
}
