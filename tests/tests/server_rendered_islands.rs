//! A server-rendered page of islands: the provider is one of them, and those among its children
//! take over their data.

use anyhow::{Result, ensure};
use e2e::{LoggedRun, RenderedApp, with_rendered_app};

#[tokio::test(flavor = "multi_thread")]
async fn islands_take_over_their_data_without_a_change() -> Result<()> {
    with_rendered_app(RenderedApp::Islands, async |site| {
        let alice = site.signed_in("alice").await?;
        for load in 1..=3 {
            site.clear_logs().await?;
            alice.open("/").await?;
            site.until_live(&alice).await?;
            let observed = alice.observed_document().await?;
            observed.ensure_unchanged()?;
            let html = observed.html().map(|html| (html.part("organizations"), html.part("messages")));
            let has_data = |(organizations, messages): (&str, &str)| {
                organizations.contains("Rabbit Hole Research") && messages.contains("Anybody can read this")
            };
            ensure!(html.is_some_and(has_data), "the data is not in the HTML: {html:?}");

            let log = site.env.server.log().await?;
            let (live, http): (Vec<&LoggedRun>, Vec<&LoggedRun>) =
                log.executions.iter().partition(|run| run.session_id.is_some());
            for runs in [live, http] {
                let mut runs: Vec<_> = runs.iter().map(|run| (&*run.path, run.subject.as_deref())).collect();
                runs.sort_unstable();
                let alice = Some("user_alice");
                assert_eq!(runs, [("messages:list", alice), ("organizations:list", alice)], "load {load}");
            }
        }
        alice.ensure_quiet_console().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn gates_of_islands_show_an_anonymous_page() -> Result<()> {
    with_rendered_app(RenderedApp::Islands, async |site| {
        let browser = site.browser().await?;
        browser.open("/").await?;
        site.until_live(&browser).await?;
        let observed = browser.observed_document().await?;
        observed.ensure_unchanged()?;
        ensure!(
            observed.html().is_some_and(|html| html.has("sign-in") && html.has("messages")),
            "{observed:#?}"
        );

        // The islands are live.
        site.sign_in_here(&browser, "alice").await?;
        browser.hide().await?;
        browser.show().await?;
        browser
            .wait_for_document("Alice's data", |state| state.part("organizations").contains("Rabbit Hole"))
            .await?;
        browser.ensure_quiet_console().await
    })
    .await
}
