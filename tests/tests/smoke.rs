//! Tests for every browser: hard refresh, sign-in and sign-out, a switch of users, two tabs, and a
//! deployment that the page's Content-Security-Policy blocks. They run in the browser that
//! `E2E_BROWSER` names and do not use Chromium's own protocol.

use anyhow::{Result, ensure};
use convex_dev_server::Options;
use e2e::{Browser, DemoPanel, PanelState, ServedApp, TestServer, successive, with_demo, with_options};
use serde_json::json;

const RACE: &str = "Unauthorized: No identity found";
const ALICES: &str = "Rabbit Hole Research";
const BOBS: &str = "Bob's Boats";

/// docs/auth.md §4, line 9.
#[tokio::test(flavor = "multi_thread")]
async fn hard_refresh_shows_no_error() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        env.server.set_knobs(json!({ "latencyMs": 100 })).await?;
        for load in 1..=3 {
            browser.hard_refresh().await?;
            for panel in DemoPanel::BOTH {
                browser.wait_for_organization(panel, ALICES).await?;
            }
            let observed = browser.observations().await?;
            assert_eq!(observed.shown(DemoPanel::Fixed), ["loading", "organizations"], "load {load}");
            let raced = |state: &PanelState| state.error.as_deref().is_some_and(|error| error.contains(RACE));
            ensure!(!observed.states(DemoPanel::Fixed).iter().any(raced), "load {load}");
            ensure!(
                observed.states(DemoPanel::Naive).iter().any(raced),
                "the naive panel shows no race, load {load}"
            );
        }
        Ok(())
    })
    .await
}

/// docs/auth.md §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_removes_the_users_data() -> Result<()> {
    with_demo(async |env| {
        let browser = env.browser().await?;
        browser.open("/").await?;
        until_signed_out(&browser).await?;
        browser.click("sign-in-alice").await?;
        for panel in DemoPanel::BOTH {
            browser.wait_for_organization(panel, ALICES).await?;
        }
        browser.click("sign-out").await?;
        until_signed_out(&browser).await?;
        ensure!(!browser.html().await?.contains(ALICES), "her data is still in the document");
        browser.hard_refresh().await?;
        until_signed_out(&browser).await
    })
    .await
}

/// docs/auth.md §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn switching_users_never_shows_both_users_data() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        browser.wait_for_organization(DemoPanel::Fixed, ALICES).await?;
        browser.click("sign-in-bob").await?;
        browser.wait_for_organization(DemoPanel::Fixed, BOBS).await?;
        let observed = browser.observations().await?;
        for state in observed.states(DemoPanel::Fixed) {
            let (alices, bobs) = (state.text.contains(ALICES), state.text.contains(BOBS));
            let is_correct = if state.user == "Bob" { !alices } else { !bobs };
            ensure!(is_correct && state.error.is_none(), "{state:#?}");
        }
        let session = observed.traffic(DemoPanel::Fixed)?.session_id;
        let log = env.server.log().await?;
        let mut subjects: Vec<_> =
            log.runs_of_client(&session).filter_map(|run| run.subject.as_deref()).collect();
        subjects.dedup();
        assert_eq!(subjects, ["user_alice", "user_bob"]);
        Ok(())
    })
    .await
}

/// docs/auth.md §4, line 16.
#[tokio::test(flavor = "multi_thread")]
async fn sign_out_in_one_tab_reaches_the_other() -> Result<()> {
    with_demo(async |env| {
        env.server.set_knobs(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = env.signed_in("alice").await?;
        browser.wait_for_organization(DemoPanel::Fixed, ALICES).await?;
        let first = browser.tab().await?;
        let states = browser.observations().await?.states(DemoPanel::Fixed).len() - 1;
        browser.open_tab().await?;
        browser.open("/").await?;
        browser.wait_for_organization(DemoPanel::Fixed, ALICES).await?;
        browser.click("sign-out").await?;
        until_signed_out(&browser).await?;

        browser.switch_to(&first).await?;
        until_signed_out(&browser).await?;
        let observed = browser.observations().await?;
        let since = &observed.states(DemoPanel::Fixed)[states..];
        assert_eq!(successive(since, |state| &state.user), ["Alice", ""]);
        ensure!(since.iter().all(|state| state.error.is_none()), "{since:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_deployment_is_reported_with_its_cause() -> Result<()> {
    let options = Options { csp: Some("connect-src 'self'".to_owned()), ..ServedApp::Demo.options()? };
    with_options(options, async |env| {
        let other = TestServer::start(ServedApp::Demo).await?;
        let browser = env.browser().await?;
        browser.open(&format!("/?deployment={}", other.url())).await?;
        let address = other.url().replace("http:", "ws:");
        let explains = |state: &PanelState| {
            ["reconnecting", "fatal"].contains(&state.connection.as_str())
                && state.detail.contains(&format!("refuses to open a WebSocket to {address}"))
                && state.detail.contains("connect-src")
        };
        for panel in DemoPanel::BOTH {
            let state = browser.wait_for(panel, "the refusal", explains).await?;
            ensure!(state.at < 10_000, "the report took {} ms", state.at);
        }
        ensure!(other.log().await?.connections.is_empty());
        other.stop().await;
        Ok(())
    })
    .await
}

async fn until_signed_out(browser: &Browser) -> Result<()> {
    for panel in DemoPanel::BOTH {
        let signed_out = |state: &PanelState| state.shows("invitation") && state.auth == "unauthenticated";
        browser.wait_for(panel, "the invitation to sign in", signed_out).await?;
    }
    Ok(())
}
