//! Signing in, out, and in as somebody else: nothing of one person is ever shown to the next (auth
//! contract §3, rules 8 and 9; §4, lines 7, 13, 16, 19 and 21).

use anyhow::{Result, ensure};
use e2e::{Browser, Observations, Panel, PanelState, Stage, course, play};

/// What only one of the two may see.
const ALICES: [&str; 2] = ["Rabbit Hole Research", "Tea Party Events"];
const BOBS: [&str; 2] = ["Bob's Boats", "Harbour Watch"];
/// What both see, and nobody else.
const SHARED: &str = "Looking-Glass Labs";

/// Auth contract §4, line 19.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_alice_is_left_after_she_signs_out_or_shown_to_bob() -> Result<()> {
    play(async |stage| {
        let browser = stage.browser().await?;
        browser.open("/").await?;
        nobody_is_signed_in(&browser).await?;

        browser.click("sign-in-alice").await?;
        both_show(&browser, ALICES).await?;

        browser.click("sign-out").await?;
        nobody_is_signed_in(&browser).await?;
        let html = browser.html().await?;
        for name in ALICES.into_iter().chain([SHARED]) {
            ensure!(!html.contains(name), "{name} is still in the document");
        }

        let before = browser.observations().await?;
        browser.click("sign-in-bob").await?;
        both_show(&browser, BOBS).await?;
        let after = browser.observations().await?;
        for panel in Panel::BOTH {
            let since = &after.states(panel)[before.states(panel).len()..];
            ensure!(
                !since.iter().any(|state| belongs_to(state, ALICES)),
                "Bob saw what is Alice's: {since:#?}"
            );
        }
        ran_as(stage, &browser, &["nobody", "user_alice", "nobody", "user_bob"]).await
    })
    .await
}

/// Auth contract §4, line 13.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_survives_a_reload_without_a_flash_of_the_sign_in_page() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("bob").await?;
        browser.hard_refresh().await?;
        both_show(&browser, BOBS).await?;
        let observed = browser.observations().await?;
        for panel in Panel::BOTH {
            ensure!(
                !observed.shown(panel).contains(&"invitation"),
                "the {} panel asked to sign in",
                panel.id()
            );
        }
        ensure!(observed.states(Panel::Fixed).iter().all(|state| state.auth != "unauthenticated"));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_straight_after_the_other_never_sees_both() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        browser.click("sign-in-bob").await?;
        both_show(&browser, BOBS).await?;
        let observed = browser.observations().await?;
        let states = observed.states(Panel::Fixed);
        let gone = states.iter().rposition(|state| belongs_to(state, ALICES)).map_or(0, |last| last + 1);
        let (hers, his) = states.split_at(gone);
        ensure!(
            !hers.iter().any(|state| belongs_to(state, BOBS)),
            "his came before hers was gone: {hers:#?}"
        );
        ensure!(his.iter().any(|state| belongs_to(state, BOBS)));
        // Whoever was mistaken for nobody was asked to sign in, in between.
        ensure!(no_error(&observed), "an error was shown: {his:#?}");
        let since = &states[states.iter().position(|state| belongs_to(state, ALICES)).unwrap_or(0)..];
        assert_eq!(course(since, |state| &state.auth), ["authenticated", "loading", "authenticated"]);
        ran_as(stage, &browser, &["nobody", "user_alice", "user_bob"]).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_on_one_page_holds_after_a_reload() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        browser.click("sign-out").await?;
        nobody_is_signed_in(&browser).await?;
        browser.hard_refresh().await?;
        nobody_is_signed_in(&browser).await?;
        let observed = browser.observations().await?;
        assert_eq!(observed.shown(Panel::Fixed), ["loading", "invitation"]);
        Ok(())
    })
    .await
}

async fn nobody_is_signed_in(browser: &Browser) -> Result<()> {
    for panel in Panel::BOTH {
        let signed_out = |state: &PanelState| state.shows("invitation") && state.auth == "unauthenticated";
        browser.wait_for(panel, "the invitation to sign in", signed_out).await?;
        // Whoever is nobody can read the chat.
        browser.wait_for(panel, "messages", |state| !state.messages.is_empty()).await?;
    }
    Ok(())
}

async fn both_show(browser: &Browser, names: [&str; 2]) -> Result<()> {
    for panel in Panel::BOTH {
        for name in names.into_iter().chain([SHARED]) {
            browser.wait_for_organization(panel, name).await?;
        }
        browser.wait_for(panel, "to be authenticated", |state| state.auth == "authenticated").await?;
    }
    Ok(())
}

/// Whom the server took the fixed panel's client for, whatever it ran.
async fn ran_as(stage: &Stage, browser: &Browser, people: &[&str]) -> Result<()> {
    let session = browser.observations().await?.wire(Panel::Fixed)?.session_id;
    let log = stage.deployment.log().await?;
    let mut subjects: Vec<&str> =
        log.runs_of(&session).map(|run| run.subject.as_deref().unwrap_or("nobody")).collect();
    subjects.dedup();
    assert_eq!(subjects, people);
    Ok(())
}

fn belongs_to(state: &PanelState, names: [&str; 2]) -> bool {
    names.iter().any(|name| state.text.contains(name))
}

fn no_error(observed: &Observations) -> bool {
    observed.states(Panel::Fixed).iter().all(|state| state.error.is_none())
}
