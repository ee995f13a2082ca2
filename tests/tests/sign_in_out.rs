//! Signing in, signing out, and signing in as another user: nothing of one user is shown to the
//! next (docs/auth.md §3, rules 8 and 9; §4, lines 7, 13, 16, 19 and 21).

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, Observations, PanelState, TestEnvironment, successive, with_demo};

/// Organizations of one user only.
const ALICES: [&str; 2] = ["Rabbit Hole Research", "Tea Party Events"];
const BOBS: [&str; 2] = ["Bob's Boats", "Harbour Watch"];
/// An organization of both users.
const SHARED: &str = "Looking-Glass Labs";

/// docs/auth.md §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_removes_alices_data_and_bob_never_sees_it() -> Result<()> {
    with_demo(async |env| {
        let browser = env.browser().await?;
        browser.open("/").await?;
        until_signed_out(&browser).await?;

        browser.click("sign-in-alice").await?;
        both_show(&browser, ALICES).await?;

        browser.click("sign-out").await?;
        until_signed_out(&browser).await?;
        let html = browser.html().await?;
        for name in ALICES.into_iter().chain([SHARED]) {
            ensure!(!html.contains(name), "{name} is still in the document");
        }

        let before = browser.observations().await?;
        browser.click("sign-in-bob").await?;
        both_show(&browser, BOBS).await?;
        let after = browser.observations().await?;
        for panel in DemoPanel::BOTH {
            let since = &after.states(panel)[before.states(panel).len()..];
            ensure!(!since.iter().any(|state| belongs_to(state, ALICES)), "Bob saw Alice's data: {since:#?}");
        }
        check_users(env, &browser, &["anonymous", "user_alice", "anonymous", "user_bob"]).await
    })
    .await
}

/// docs/auth.md §4, line 13.
#[tokio::test(flavor = "multi_thread")]
async fn reload_keeps_the_user_without_a_flash_of_the_sign_in_page() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("bob").await?;
        browser.hard_refresh().await?;
        both_show(&browser, BOBS).await?;
        let observed = browser.observations().await?;
        for panel in DemoPanel::BOTH {
            ensure!(
                !observed.shown(panel).contains(&"invitation"),
                "the {} panel showed the sign-in page",
                panel.id()
            );
        }
        ensure!(observed.states(DemoPanel::Fixed).iter().all(|state| state.auth != "unauthenticated"));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_users_without_a_sign_out_never_shows_both() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        browser.click("sign-in-bob").await?;
        both_show(&browser, BOBS).await?;
        let observed = browser.observations().await?;
        let states = observed.states(DemoPanel::Fixed);
        let after_alice =
            states.iter().rposition(|state| belongs_to(state, ALICES)).map_or(0, |last| last + 1);
        let (alices, bobs) = states.split_at(after_alice);
        ensure!(
            !alices.iter().any(|state| belongs_to(state, BOBS)),
            "Bob's data appeared before Alice's was removed: {alices:#?}"
        );
        ensure!(bobs.iter().any(|state| belongs_to(state, BOBS)));
        ensure!(no_error(&observed), "an error was shown: {bobs:#?}");
        // The state between the users is `loading`: the sign-in page does not flash.
        let since = &states[states.iter().position(|state| belongs_to(state, ALICES)).unwrap_or(0)..];
        assert_eq!(successive(since, |state| &state.auth), ["authenticated", "loading", "authenticated"]);
        check_users(env, &browser, &["anonymous", "user_alice", "user_bob"]).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_lasts_after_a_reload() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        browser.click("sign-out").await?;
        until_signed_out(&browser).await?;
        browser.hard_refresh().await?;
        until_signed_out(&browser).await?;
        let observed = browser.observations().await?;
        assert_eq!(observed.shown(DemoPanel::Fixed), ["loading", "invitation"]);
        Ok(())
    })
    .await
}

async fn until_signed_out(browser: &Browser) -> Result<()> {
    for panel in DemoPanel::BOTH {
        let signed_out = |state: &PanelState| state.shows("invitation") && state.auth == "unauthenticated";
        browser.wait_for(panel, "the invitation to sign in", signed_out).await?;
        // An anonymous visitor can read the chat.
        browser.wait_for(panel, "messages", |state| !state.messages.is_empty()).await?;
    }
    Ok(())
}

async fn both_show(browser: &Browser, names: [&str; 2]) -> Result<()> {
    for panel in DemoPanel::BOTH {
        for name in names.into_iter().chain([SHARED]) {
            browser.wait_for_organization(panel, name).await?;
        }
        browser.wait_for(panel, "to be authenticated", |state| state.auth == "authenticated").await?;
    }
    Ok(())
}

/// Checks that the fixed panel's functions ran as these users, in this order.
async fn check_users(env: &TestEnvironment, browser: &Browser, users: &[&str]) -> Result<()> {
    let session = browser.observations().await?.traffic(DemoPanel::Fixed)?.session_id;
    let log = env.server.log().await?;
    let mut subjects: Vec<&str> =
        log.runs_of_client(&session).map(|run| run.subject.as_deref().unwrap_or("anonymous")).collect();
    subjects.dedup();
    assert_eq!(subjects, users);
    Ok(())
}

fn belongs_to(state: &PanelState, names: [&str; 2]) -> bool {
    names.iter().any(|name| state.text.contains(name))
}

fn no_error(observed: &Observations) -> bool {
    observed.states(DemoPanel::Fixed).iter().all(|state| state.error.is_none())
}
