//! Two tabs of one browser share its cookie: what one learns, the other learns with its next token,
//! and mixes nothing up (auth contract §3, rules 5 and 8; §4, lines 16 and 19).

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, PanelState, Stage, Tab, course, play, until};
use serde_json::json;

const ALICES: &str = "Rabbit Hole Research";
const BOBS: &str = "Bob's Boats";

/// Auth contract §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_in_one_tab_is_signed_in_in_the_other() -> Result<()> {
    play(async |stage| {
        let tabs = Tabs::of_alice(stage).await?;
        tabs.browser.click("sign-in-bob").await?;
        tabs.browser.wait_for_organization(Panel::Fixed, BOBS).await?;

        // The first tab is behind the second one all the time.
        until("a query of the first tab to run as Bob", async || {
            let log = stage.deployment.log().await?;
            Ok(log
                .runs_of(&tabs.first_session)
                .any(|run| run.subject.as_deref() == Some("user_bob"))
                .then_some(()))
        })
        .await?;
        tabs.browser.switch_to(&tabs.first).await?;
        tabs.browser.wait_for_organization(Panel::Fixed, BOBS).await?;
        let observed = tabs.browser.observations().await?;
        let states = &observed.states(Panel::Fixed)[tabs.first_states..];
        nothing_is_mixed_up(states)?;
        let signed_out = states.iter().find(|state| state.auth == "unauthenticated");
        ensure!(signed_out.is_none(), "Bob was signed in all the time: {signed_out:#?}");
        assert_eq!(course(states, |state| &state.person), ["Alice", "Bob"]);
        tabs.ran_as_one_after_the_other(stage, &["user_alice", "user_bob"]).await
    })
    .await
}

/// Auth contract §4, line 16.
#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_in_one_tab_is_signed_out_in_the_other() -> Result<()> {
    play(async |stage| {
        let tabs = Tabs::of_alice(stage).await?;
        tabs.browser.click("sign-out").await?;
        tabs.browser.wait_for(Panel::Fixed, "the invitation", |state| state.shows("invitation")).await?;

        tabs.browser.switch_to(&tabs.first).await?;
        tabs.browser.wait_for(Panel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
        let observed = tabs.browser.observations().await?;
        let states = &observed.states(Panel::Fixed)[tabs.first_states..];
        nothing_is_mixed_up(states)?;
        assert_eq!(course(states, |state| &state.auth), ["authenticated", "unauthenticated"]);

        tabs.browser.click("sign-in-bob").await?;
        tabs.browser.wait_for_organization(Panel::Fixed, BOBS).await?;
        let observed = tabs.browser.observations().await?;
        nothing_is_mixed_up(&observed.states(Panel::Fixed)[tabs.first_states..])?;
        tabs.ran_as_one_after_the_other(stage, &["user_alice", "user_bob"]).await
    })
    .await
}

/// Two tabs in which Alice is signed in; the second one is in front.
struct Tabs {
    browser: Arc<Browser>,
    first: Tab,
    /// What the client of the first tab's fixed panel calls itself.
    first_session: String,
    /// How many states of the first tab's fixed panel were over when it went to the back.
    first_states: usize,
}

impl Tabs {
    /// Alice signs in in one tab, with tokens of some seconds; the other one knows by the cookie.
    async fn of_alice(stage: &Stage) -> Result<Self> {
        stage.deployment.turn(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = stage.signed_in("alice").await?;
        let shows_hers = |state: &PanelState| state.auth == "authenticated" && state.text.contains(ALICES);
        browser.wait_for(Panel::Fixed, "to be authenticated", shows_hers).await?;
        let first = browser.tab().await?;
        let observed = browser.observations().await?;
        let first_session = observed.wire(Panel::Fixed)?.session_id;
        let first_states = observed.states(Panel::Fixed).len() - 1;

        browser.open_tab().await?;
        browser.open("/").await?;
        browser.wait_for_organization(Panel::Fixed, ALICES).await?;
        let observed = browser.observations().await?;
        assert_eq!(observed.shown(Panel::Fixed), ["loading", "organizations"]);
        let second_session = observed.wire(Panel::Fixed)?.session_id;
        ensure!(second_session != first_session, "two tabs are two clients");
        let log = stage.deployment.log().await?;
        for session in [&first_session, &second_session] {
            assert_eq!(log.connections_of(session).count(), 1, "each tab has a socket of its own");
        }
        Ok(Self { browser, first, first_session, first_states })
    }

    /// What needs a person ran in the first tab as these, and in no other order.
    async fn ran_as_one_after_the_other(&self, stage: &Stage, people: &[&str]) -> Result<()> {
        let log = stage.deployment.log().await?;
        let runs = log.runs_of(&self.first_session).filter(|run| run.path == "organizations:list");
        let mut subjects: Vec<&str> = runs.map(|run| run.subject.as_deref().unwrap_or("nobody")).collect();
        subjects.dedup();
        assert_eq!(subjects, people);
        Ok(())
    }
}

/// What is one person's is never shown under the name of another, or beside what is another's; and
/// nothing fails.
fn nothing_is_mixed_up(states: &[PanelState]) -> Result<()> {
    for state in states {
        let (hers, his) = (state.text.contains(ALICES), state.text.contains(BOBS));
        let is_right = match state.person.as_str() {
            "Alice" => !his,
            "Bob" => !hers,
            _ => !hers && !his,
        };
        ensure!(is_right && state.error.is_none(), "mixed up: {state:#?}");
    }
    Ok(())
}
