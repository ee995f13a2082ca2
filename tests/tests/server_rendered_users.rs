//! A page that was rendered for one user, in a browser of another user or of none (docs/auth.md §3,
//! rules 5, 8 and 15; §4, lines 9 and 13).

use anyhow::{Result, ensure};
use e2e::{Browser, DocumentObservations, RenderedSite, TOKEN_PATH, until, with_rendered_site};
use serde_json::json;

const PATH: &str = "/organizations";
const ALICES: &str = "Rabbit Hole Research";
const BOBS: &str = "Bob's Boats";

#[tokio::test(flavor = "multi_thread")]
async fn alices_page_with_bobs_cookie_never_shows_both() -> Result<()> {
    with_rendered_site(async |site| {
        let browser = alices_page(site).await?;
        site.sign_in_in_another_tab(&browser, "bob").await?;
        site.clear_logs().await?;
        site.front.hold_wasm(false);
        browser.wait_for_document("Bob's data", |state| state.part("organizations").contains(BOBS)).await?;
        site.until_live(&browser).await?;

        let observed = browser.observed_document().await?;
        let (alices, bobs) = split_after_alice(&observed);
        ensure!(
            alices.iter().all(|state| state.part("user") == "Alice" && !state.shows(BOBS)),
            "{alices:#?}"
        );
        ensure!(bobs.iter().all(|state| state.part("user") != "Alice"), "{bobs:#?}");
        ensure!(!observed.after_html().iter().any(|state| state.has("sign-in")), "{bobs:#?}");
        check_runs(site, &["user_bob"]).await?;
        // A debug build explains why the page's data has disappeared.
        let console = browser.console().await?;
        ensure!(matches!(&console[..], [line] if line.contains("for another session")), "{console:#?}");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn session_that_ended_before_hydration_removes_the_data() -> Result<()> {
    with_rendered_site(async |site| {
        let browser = alices_page(site).await?;
        end_session_elsewhere(site, &browser).await?;
        site.clear_logs().await?;
        site.front.hold_wasm(false);
        browser.wait_for_document("the sign-in form", |state| state.has("sign-in")).await?;

        let observed = browser.observed_document().await?;
        let (_, after) = split_after_alice(&observed);
        ensure!(after.iter().all(|state| !state.has("user") && !state.has("organizations")), "{after:#?}");
        ensure!(!browser.content().await?.contains(ALICES), "Alice's data is still in the document");
        check_runs(site, &[]).await?;
        browser.ensure_quiet_console().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_cookie_renders_the_sign_in_form() -> Result<()> {
    with_rendered_site(async |site| {
        let browser = site.signed_in("alice").await?;
        end_session_elsewhere(site, &browser).await?;
        site.clear_logs().await?;
        browser.open(PATH).await?;
        site.until_hydrated(&browser).await?;
        let observed = browser.observed_document().await?;
        observed.ensure_unchanged()?;
        ensure!(observed.html().is_some_and(|html| html.has("sign-in")), "{observed:#?}");
        check_runs(site, &[]).await?;
        assert_eq!(site.front.requests(TOKEN_PATH), 0, "token fetches of the browser");

        // The page works.
        browser.click("fill-alice").await?;
        browser.click("sign-in").await?;
        browser
            .wait_for_document("Alice's data", |state| state.part("organizations").contains(ALICES))
            .await?;
        browser.ensure_quiet_console().await
    })
    .await
}

/// docs/auth.md §4, line 13.
#[tokio::test(flavor = "multi_thread")]
async fn page_opened_right_after_a_sign_in_shows_the_user() -> Result<()> {
    with_rendered_site(async |site| {
        let browser = site.browser().await?;
        browser.open(PATH).await?;
        browser.wait_for_document("the sign-in form", |state| state.has("sign-in")).await?;
        // As after a redirect from a sign-in page of another origin.
        site.sign_in_here(&browser, "alice").await?;
        browser.open(PATH).await?;
        site.until_live(&browser).await?;
        let observed = browser.observed_document().await?;
        observed.ensure_unchanged()?;
        ensure!(!observed.states.iter().any(|state| state.has("sign-in")), "{observed:#?}");
        ensure!(
            observed.html().is_some_and(|html| html.part("organizations").contains(ALICES)),
            "{observed:#?}"
        );
        browser.ensure_quiet_console().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_removes_the_data_of_a_rendered_page() -> Result<()> {
    with_rendered_site(async |site| {
        let browser = site.signed_in("alice").await?;
        browser.open(PATH).await?;
        site.until_live(&browser).await?;
        browser.click("sign-out").await?;
        browser.wait_for_document("the sign-in form", |state| state.has("sign-in")).await?;
        let observed = browser.observed_document().await?;
        let (_, after) = split_after_alice(&observed);
        ensure!(after.iter().all(|state| !state.has("user") && !state.has("organizations")), "{after:#?}");
        ensure!(!browser.content().await?.contains(ALICES), "Alice's data is still in the document");
        check_runs(site, &["user_alice"]).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn click_before_the_token_is_sent_once_as_the_user() -> Result<()> {
    with_rendered_site(async |site| {
        let browser = site.signed_in("alice").await?;
        site.front.hold_wasm(true);
        browser.begin_to_open("/in-order").await?;
        browser.wait_for_document("the form", |state| state.has("send")).await?;
        site.env.server.set_knobs(json!({ "tokenEndpoint": "hanging" })).await?;
        site.front.hold_wasm(false);
        until("the token fetch", async || Ok((site.front.requests(TOKEN_PATH) == 1).then_some(()))).await?;
        site.clear_logs().await?;
        browser.type_into("message-input", "An early message").await?;
        browser.click("send").await?;
        let is_shown = |text: &str| text.ends_with("Alice\nAn early message");
        browser.wait_for_document("the message", |state| is_shown(state.part("messages"))).await?;
        check_runs(site, &[]).await?;

        site.env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
        site.until_live(&browser).await?;
        until("the message to be stored", async || {
            let sending = "return document.querySelectorAll('.sending').length === 0";
            Ok(browser.run::<bool>(sending, Vec::new()).await?.then_some(()))
        })
        .await?;
        let log = site.env.server.log().await?;
        let sent = log.executions.iter().filter(|run| run.path == "messages:send").count();
        assert_eq!(sent, 1, "runs of the mutation");
        check_runs(site, &["user_alice"]).await?;
        browser.ensure_quiet_console().await
    })
    .await
}

/// A browser with Alice's page, of which the WASM is held back.
async fn alices_page(site: &RenderedSite<'_>) -> Result<std::sync::Arc<Browser>> {
    let browser = site.signed_in("alice").await?;
    site.front.hold_wasm(true);
    browser.begin_to_open(PATH).await?;
    let is_alices = |text: &str| text.contains(ALICES);
    browser
        .wait_for_document("Alice's data", |state| state.is_parsed && is_alices(state.part("organizations")))
        .await?;
    Ok(browser)
}

/// Ends the session at the service. The browser keeps the cookie.
async fn end_session_elsewhere(site: &RenderedSite<'_>, browser: &Browser) -> Result<()> {
    let name = "better-auth.session_token";
    let cookie = format!("{name}={}", browser.cookie(name).await?);
    let request = reqwest::Client::new().post(format!("{}/api/auth/sign-out", site.env.server.url()));
    request.header("cookie", cookie).send().await?.error_for_status()?;
    Ok(())
}

/// The states after the HTML, up to the last with Alice's data and after it.
fn split_after_alice(observed: &DocumentObservations) -> (&[e2e::DocumentState], &[e2e::DocumentState]) {
    let states = observed.after_html();
    let last = states.iter().rposition(|state| state.shows(ALICES));
    states.split_at(last.map_or(0, |last| last + 1))
}

/// Checks that all functions ran as these users, in this order.
async fn check_runs(site: &RenderedSite<'_>, users: &[&str]) -> Result<()> {
    let log = site.env.server.log().await?;
    let runs = log.executions.iter();
    let mut subjects: Vec<_> = runs.map(|run| run.subject.as_deref().unwrap_or("anonymous")).collect();
    subjects.dedup();
    assert_eq!(subjects, users);
    Ok(())
}
