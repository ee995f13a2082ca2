//! Two tabs of one browser share its cookie. A tab notices a sign-in or sign-out of the other with
//! its next token, and never mixes two users' data (docs/auth.md §3, rules 5 and 8; §4, lines 16
//! and 19).

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, PanelState, Tab, TestEnvironment, successive, until, with_demo};
use serde_json::json;

const ALICES: &str = "Rabbit Hole Research";
const BOBS: &str = "Bob's Boats";

/// docs/auth.md §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn sign_in_in_one_tab_reaches_the_other() -> Result<()> {
    with_demo(async |env| {
        let tabs = Tabs::of_alice(env).await?;
        tabs.browser.click("sign-in-bob").await?;
        tabs.browser.wait_for_organization(DemoPanel::Fixed, BOBS).await?;

        // The first tab stays in the background.
        until("a query of the first tab to run as Bob", async || {
            let log = env.server.log().await?;
            Ok(log
                .runs_of_client(&tabs.first_session)
                .any(|run| run.subject.as_deref() == Some("user_bob"))
                .then_some(()))
        })
        .await?;
        tabs.browser.switch_to(&tabs.first).await?;
        tabs.browser.wait_for_organization(DemoPanel::Fixed, BOBS).await?;
        let observed = tabs.browser.observations().await?;
        let states = &observed.states(DemoPanel::Fixed)[tabs.first_states..];
        check_that_users_are_separate(states)?;
        let signed_out = states.iter().find(|state| state.auth == "unauthenticated");
        ensure!(signed_out.is_none(), "the first tab signed out although Bob was signed in: {signed_out:#?}");
        assert_eq!(successive(states, |state| &state.user), ["Alice", "Bob"]);
        tabs.check_users_of_first_tab(env, &["user_alice", "user_bob"]).await
    })
    .await
}

/// docs/auth.md §4, line 16.
#[tokio::test(flavor = "multi_thread")]
async fn sign_out_in_one_tab_reaches_the_other() -> Result<()> {
    with_demo(async |env| {
        let tabs = Tabs::of_alice(env).await?;
        tabs.browser.click("sign-out").await?;
        tabs.browser.wait_for(DemoPanel::Fixed, "the invitation", |state| state.shows("invitation")).await?;

        tabs.browser.switch_to(&tabs.first).await?;
        tabs.browser.wait_for(DemoPanel::Fixed, "the invitation", |state| state.shows("invitation")).await?;
        let observed = tabs.browser.observations().await?;
        let states = &observed.states(DemoPanel::Fixed)[tabs.first_states..];
        check_that_users_are_separate(states)?;
        assert_eq!(successive(states, |state| &state.auth), ["authenticated", "unauthenticated"]);

        tabs.browser.click("sign-in-bob").await?;
        tabs.browser.wait_for_organization(DemoPanel::Fixed, BOBS).await?;
        let observed = tabs.browser.observations().await?;
        check_that_users_are_separate(&observed.states(DemoPanel::Fixed)[tabs.first_states..])?;
        tabs.check_users_of_first_tab(env, &["user_alice", "user_bob"]).await
    })
    .await
}

/// Two tabs in which Alice is signed in. The second one is in front.
struct Tabs {
    browser: Arc<Browser>,
    first: Tab,
    /// The session id of the first tab's fixed panel.
    first_session: String,
    /// The index of the state of the first tab's fixed panel when the second tab was opened.
    first_states: usize,
}

impl Tabs {
    /// Signs Alice in in the first tab, with tokens of some seconds, and opens the second tab,
    /// which uses her cookie.
    async fn of_alice(env: &TestEnvironment) -> Result<Self> {
        env.server.set_knobs(json!({ "tokenLifetimeSecs": 5 })).await?;
        let browser = env.signed_in("alice").await?;
        let shows_alices = |state: &PanelState| state.auth == "authenticated" && state.text.contains(ALICES);
        browser.wait_for(DemoPanel::Fixed, "to be authenticated", shows_alices).await?;
        let first = browser.tab().await?;
        let observed = browser.observations().await?;
        let first_session = observed.traffic(DemoPanel::Fixed)?.session_id;
        let first_states = observed.states(DemoPanel::Fixed).len() - 1;

        browser.open_tab().await?;
        browser.open("/").await?;
        browser.wait_for_organization(DemoPanel::Fixed, ALICES).await?;
        let observed = browser.observations().await?;
        assert_eq!(observed.shown(DemoPanel::Fixed), ["loading", "organizations"]);
        let second_session = observed.traffic(DemoPanel::Fixed)?.session_id;
        ensure!(second_session != first_session, "the tabs share a client");
        let log = env.server.log().await?;
        for session in [&first_session, &second_session] {
            assert_eq!(log.connections_of_client(session).count(), 1, "sockets of each tab");
        }
        Ok(Self { browser, first, first_session, first_states })
    }

    /// Checks that the query behind the gate ran in the first tab as these users, in this order.
    async fn check_users_of_first_tab(&self, env: &TestEnvironment, users: &[&str]) -> Result<()> {
        let log = env.server.log().await?;
        let runs = log.runs_of_client(&self.first_session).filter(|run| run.path == "organizations:list");
        let mut subjects: Vec<&str> = runs.map(|run| run.subject.as_deref().unwrap_or("anonymous")).collect();
        subjects.dedup();
        assert_eq!(subjects, users);
        Ok(())
    }
}

/// Checks that one user's data is never shown to another user or beside another user's data, and
/// that no query fails.
fn check_that_users_are_separate(states: &[PanelState]) -> Result<()> {
    for state in states {
        let (alices, bobs) = (state.text.contains(ALICES), state.text.contains(BOBS));
        let is_correct = match state.user.as_str() {
            "Alice" => !bobs,
            "Bob" => !alices,
            _ => !alices && !bobs,
        };
        ensure!(is_correct && state.error.is_none(), "wrong user's data: {state:#?}");
    }
    Ok(())
}
