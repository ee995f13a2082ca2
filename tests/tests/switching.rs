//! From one person to the next while something is under way: what is one's is neither shown to nor
//! done as the other (auth contract §3, rules 5, 8 and 9; §4, lines 17, 19 and 20).

use anyhow::{Context, Result, ensure};
use e2e::{Panel, PanelState, course, play, until};
use serde_json::json;

const ALICES: &str = "Rabbit Hole Research";
const BOBS: &str = "Bob's Boats";
const UNSENT: &str = "From Alice, before the line broke";

/// Auth contract §4, line 20.
#[tokio::test(flavor = "multi_thread")]
async fn what_alice_could_not_send_any_more_is_never_sent_as_bob() -> Result<()> {
    play(async |stage| {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = stage.signed_in("alice").await?;
        stage.deployment.turn(json!({ "tokenEndpoint": "failing" })).await?;
        browser.wait_for(Panel::Fixed, "to be refreshing", |state| state.auth == "refreshing").await?;
        browser.type_in(Panel::Fixed, "message-input", UNSENT).await?;
        browser.click_in(Panel::Fixed, "send").await?;

        browser.click("sign-in-bob").await?;
        browser.wait_for(Panel::Fixed, "to let go of Alice", |state| state.auth == "loading").await?;
        stage.deployment.turn(json!({ "tokenEndpoint": "ok" })).await?;
        browser.wait_for_organization(Panel::Fixed, BOBS).await?;
        let words = "From Bob";
        browser.type_in(Panel::Fixed, "message-input", words).await?;
        browser.click_in(Panel::Fixed, "send").await?;
        let state = browser.wait_for(Panel::Fixed, words, |state| state.has_message(words)).await?;

        ensure!(!state.has_message(UNSENT), "it was sent after all: {state:#?}");
        let log = stage.deployment.log().await?;
        let sent: Vec<_> = log.executions.iter().filter(|run| run.path == "messages:send").collect();
        ensure!(sent.len() == 1 && sent[0].args["body"] == words, "what was sent: {sent:#?}");
        assert_eq!(sent[0].subject.as_deref(), Some("user_bob"));
        Ok(())
    })
    .await
}

/// Auth contract §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn switching_faster_than_the_server_answers_ends_with_the_last_one() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        let before = browser.observations().await?.states(Panel::Fixed).len() - 1;
        stage.deployment.turn(json!({ "latencyMs": 300 })).await?;
        for person in ["bob", "alice", "bob", "alice", "bob"] {
            browser.click(&format!("sign-in-{person}")).await?;
            // As soon as the page knows the person, before the server does.
            let is_known = |state: &PanelState| state.person.eq_ignore_ascii_case(person);
            browser.wait_for(Panel::Fixed, person, is_known).await?;
        }
        browser.wait_for_organization(Panel::Fixed, BOBS).await?;

        let observed = browser.observations().await?;
        let states = &observed.states(Panel::Fixed)[before..];
        for state in states {
            let (hers, his) = (state.text.contains(ALICES), state.text.contains(BOBS));
            let is_right = if state.person == "Alice" { !his } else { !hers };
            ensure!(is_right && state.error.is_none() && state.auth != "unauthenticated", "{state:#?}");
        }
        assert_eq!(course(states, |state| &state.person), ["Alice", "Bob", "Alice", "Bob", "Alice", "Bob"]);
        let session = observed.wire(Panel::Fixed)?.session_id;
        let log = stage.deployment.log().await?;
        let last = log.runs_of(&session).last().context("nothing ran")?;
        assert_eq!(last.subject.as_deref(), Some("user_bob"));
        Ok(())
    })
    .await
}

/// Auth contract §4, line 17.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_comes_after_the_sign_out_signs_nobody_in() -> Result<()> {
    play(async |stage| {
        let browser = stage.browser().await?;
        browser.open("/").await?;
        browser.wait_for(Panel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
        stage.deployment.turn(json!({ "tokenEndpoint": "hanging" })).await?;
        browser.click("sign-in-alice").await?;
        browser.wait_for(Panel::Fixed, "to wait for a token", |state| state.auth == "loading").await?;
        browser.click("sign-out").await?;
        browser.wait_for(Panel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
        let before = browser.observations().await?.states(Panel::Fixed).len() - 1;

        stage.deployment.turn(json!({ "tokenEndpoint": "ok" })).await?;
        let arrived = r#"return performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/convex/token")).length"#;
        until("both panels' tokens to arrive", async || {
            Ok((browser.run::<usize>(arrived, Vec::new()).await? >= Panel::BOTH.len()).then_some(()))
        })
        .await?;

        let observed = browser.observations().await?;
        let session = observed.wire(Panel::Fixed)?.session_id;
        let states = &observed.states(Panel::Fixed)[before..];
        assert_eq!(course(states, |state| &state.auth), ["unauthenticated"]);
        let log = stage.deployment.log().await?;
        let as_alice = log.runs_of(&session).find(|run| run.subject.is_some());
        ensure!(as_alice.is_none(), "it ran as Alice: {as_alice:?}");
        Ok(())
    })
    .await
}
