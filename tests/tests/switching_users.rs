//! Users switch while requests, tokens or answers are pending: nothing of one user is shown to, or
//! executed as, the other (docs/auth.md §3, rules 5, 8 and 9; §4, lines 17, 19 and 20).

use anyhow::{Context, Result, ensure};
use e2e::{DemoPanel, PanelState, successive, until, with_demo};
use serde_json::json;

const ALICES: &str = "Rabbit Hole Research";
const BOBS: &str = "Bob's Boats";
const UNSENT: &str = "From Alice, not sent";

/// docs/auth.md §4, line 20.
#[tokio::test(flavor = "multi_thread")]
async fn unsent_message_of_alice_is_never_sent_as_bob() -> Result<()> {
    with_demo(async |env| {
        env.server.set_knobs(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = env.signed_in("alice").await?;
        env.server.set_knobs(json!({ "tokenEndpoint": "failing" })).await?;
        browser.wait_for(DemoPanel::Fixed, "to be refreshing", |state| state.auth == "refreshing").await?;
        browser.type_in(DemoPanel::Fixed, "message-input", UNSENT).await?;
        browser.click_in(DemoPanel::Fixed, "send").await?;

        browser.click("sign-in-bob").await?;
        browser
            .wait_for(DemoPanel::Fixed, "to leave Alice's session", |state| state.auth == "loading")
            .await?;
        env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
        browser.wait_for_organization(DemoPanel::Fixed, BOBS).await?;
        let text = "From Bob";
        browser.type_in(DemoPanel::Fixed, "message-input", text).await?;
        browser.click_in(DemoPanel::Fixed, "send").await?;
        let state = browser.wait_for(DemoPanel::Fixed, text, |state| state.has_message(text)).await?;

        ensure!(!state.has_message(UNSENT), "Alice's message was sent: {state:#?}");
        let log = env.server.log().await?;
        let sent: Vec<_> = log.executions.iter().filter(|run| run.path == "messages:send").collect();
        ensure!(sent.len() == 1 && sent[0].args["body"] == text, "the sent messages: {sent:#?}");
        assert_eq!(sent[0].subject.as_deref(), Some("user_bob"));
        Ok(())
    })
    .await
}

/// docs/auth.md §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn switching_faster_than_the_server_answers_ends_as_the_last_user() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        let before = browser.observations().await?.states(DemoPanel::Fixed).len() - 1;
        env.server.set_knobs(json!({ "latencyMs": 300 })).await?;
        for user in ["bob", "alice", "bob", "alice", "bob"] {
            browser.click(&format!("sign-in-{user}")).await?;
            // The page knows the user before the server does.
            let is_known = |state: &PanelState| state.user.eq_ignore_ascii_case(user);
            browser.wait_for(DemoPanel::Fixed, user, is_known).await?;
        }
        browser.wait_for_organization(DemoPanel::Fixed, BOBS).await?;

        let observed = browser.observations().await?;
        let states = &observed.states(DemoPanel::Fixed)[before..];
        for state in states {
            let (alices, bobs) = (state.text.contains(ALICES), state.text.contains(BOBS));
            let is_correct = if state.user == "Alice" { !bobs } else { !alices };
            ensure!(is_correct && state.error.is_none() && state.auth != "unauthenticated", "{state:#?}");
        }
        assert_eq!(successive(states, |state| &state.user), ["Alice", "Bob", "Alice", "Bob", "Alice", "Bob"]);
        let session = observed.traffic(DemoPanel::Fixed)?.session_id;
        let log = env.server.log().await?;
        let last = log.runs_of_client(&session).last().context("nothing ran")?;
        assert_eq!(last.subject.as_deref(), Some("user_bob"));
        Ok(())
    })
    .await
}

/// docs/auth.md §4, line 17.
#[tokio::test(flavor = "multi_thread")]
async fn token_that_arrives_after_the_sign_out_is_not_used() -> Result<()> {
    with_demo(async |env| {
        let browser = env.browser().await?;
        browser.open("/").await?;
        browser.wait_for(DemoPanel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
        env.server.set_knobs(json!({ "tokenEndpoint": "hanging" })).await?;
        browser.click("sign-in-alice").await?;
        browser.wait_for(DemoPanel::Fixed, "to wait for a token", |state| state.auth == "loading").await?;
        browser.click("sign-out").await?;
        browser.wait_for(DemoPanel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
        let before = browser.observations().await?.states(DemoPanel::Fixed).len() - 1;

        env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
        let arrived = r#"return performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/convex/token")).length"#;
        until("both panels' tokens to arrive", async || {
            Ok((browser.run::<usize>(arrived, Vec::new()).await? >= DemoPanel::BOTH.len()).then_some(()))
        })
        .await?;

        let observed = browser.observations().await?;
        let session = observed.traffic(DemoPanel::Fixed)?.session_id;
        let states = &observed.states(DemoPanel::Fixed)[before..];
        assert_eq!(successive(states, |state| &state.auth), ["unauthenticated"]);
        let log = env.server.log().await?;
        let as_alice = log.runs_of_client(&session).find(|run| run.subject.is_some());
        ensure!(as_alice.is_none(), "a function ran as Alice: {as_alice:?}");
        Ok(())
    })
    .await
}
