//! What must hold in every browser: hard refresh, sign-in and sign-out, a switch of users, two
//! tabs, and a deployment that the page's Content-Security-Policy blocks. Runs in the browser that
//! `E2E_BROWSER` names, with nothing of Chromium's own protocol.

use anyhow::{Result, ensure};
use convex_dev_server::Options;
use e2e::{Browser, Deployment, Page, Panel, PanelState, course, play, play_with};
use serde_json::json;

const RACE: &str = "Unauthorized: No identity found";
const ALICES: &str = "Rabbit Hole Research";
const BOBS: &str = "Bob's Boats";

/// Auth contract §4, line 9.
#[tokio::test(flavor = "multi_thread")]
async fn hard_refresh_shows_no_error() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        stage.deployment.turn(json!({ "latencyMs": 100 })).await?;
        for load in 1..=3 {
            browser.hard_refresh().await?;
            for panel in Panel::BOTH {
                browser.wait_for_organization(panel, ALICES).await?;
            }
            let observed = browser.observations().await?;
            assert_eq!(observed.shown(Panel::Fixed), ["loading", "organizations"], "load {load}");
            let raced = |state: &PanelState| state.error.as_deref().is_some_and(|error| error.contains(RACE));
            ensure!(!observed.states(Panel::Fixed).iter().any(raced), "load {load}");
            ensure!(
                observed.states(Panel::Naive).iter().any(raced),
                "the naive panel shows no race, load {load}"
            );
        }
        Ok(())
    })
    .await
}

/// Auth contract §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_removes_the_users_data() -> Result<()> {
    play(async |stage| {
        let browser = stage.browser().await?;
        browser.open("/").await?;
        invited(&browser).await?;
        browser.click("sign-in-alice").await?;
        for panel in Panel::BOTH {
            browser.wait_for_organization(panel, ALICES).await?;
        }
        browser.click("sign-out").await?;
        invited(&browser).await?;
        ensure!(!browser.html().await?.contains(ALICES), "her data is still in the document");
        browser.hard_refresh().await?;
        invited(&browser).await
    })
    .await
}

/// Auth contract §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn switching_users_never_shows_both() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        browser.wait_for_organization(Panel::Fixed, ALICES).await?;
        browser.click("sign-in-bob").await?;
        browser.wait_for_organization(Panel::Fixed, BOBS).await?;
        let observed = browser.observations().await?;
        for state in observed.states(Panel::Fixed) {
            let (hers, his) = (state.text.contains(ALICES), state.text.contains(BOBS));
            let is_right = if state.person == "Bob" { !hers } else { !his };
            ensure!(is_right && state.error.is_none(), "{state:#?}");
        }
        let session = observed.wire(Panel::Fixed)?.session_id;
        let log = stage.deployment.log().await?;
        let mut subjects: Vec<_> = log.runs_of(&session).filter_map(|run| run.subject.as_deref()).collect();
        subjects.dedup();
        assert_eq!(subjects, ["user_alice", "user_bob"]);
        Ok(())
    })
    .await
}

/// Auth contract §4, line 16.
#[tokio::test(flavor = "multi_thread")]
async fn sign_out_in_one_tab_reaches_the_other() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = stage.signed_in("alice").await?;
        browser.wait_for_organization(Panel::Fixed, ALICES).await?;
        let first = browser.tab().await?;
        let states = browser.observations().await?.states(Panel::Fixed).len() - 1;
        browser.open_tab().await?;
        browser.open("/").await?;
        browser.wait_for_organization(Panel::Fixed, ALICES).await?;
        browser.click("sign-out").await?;
        invited(&browser).await?;

        browser.switch_to(&first).await?;
        invited(&browser).await?;
        let observed = browser.observations().await?;
        let since = &observed.states(Panel::Fixed)[states..];
        assert_eq!(course(since, |state| &state.person), ["Alice", ""]);
        ensure!(since.iter().all(|state| state.error.is_none()), "{since:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_deployment_is_reported_with_its_cause() -> Result<()> {
    let options = Options { csp: Some("connect-src 'self'".to_owned()), ..Page::Demo.options()? };
    play_with(options, async |stage| {
        let other = Deployment::start(Page::Demo).await?;
        let browser = stage.browser().await?;
        browser.open(&format!("/?deployment={}", other.url())).await?;
        let address = other.url().replace("http:", "ws:");
        let says = |state: &PanelState| {
            ["reconnecting", "fatal"].contains(&state.connection.as_str())
                && state.detail.contains(&format!("refuses to open a WebSocket to {address}"))
                && state.detail.contains("connect-src")
        };
        for panel in Panel::BOTH {
            let state = browser.wait_for(panel, "the refusal", says).await?;
            ensure!(state.at < 10_000, "it took {} ms", state.at);
        }
        ensure!(other.log().await?.connections.is_empty());
        other.stop().await;
        Ok(())
    })
    .await
}

async fn invited(browser: &Browser) -> Result<()> {
    for panel in Panel::BOTH {
        let signed_out = |state: &PanelState| state.shows("invitation") && state.auth == "unauthenticated";
        browser.wait_for(panel, "the invitation to sign in", signed_out).await?;
    }
    Ok(())
}
