//! Faults while a page is rendered, and between its HTML and its first live data (docs/auth.md §3,
//! rules 4, 5, 7 and 15; §4, lines 12, 14 and 15).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use e2e::{Browser, GateState, RenderedSite, TOKEN_PATH, until, with_rendered_site};
use serde_json::{Value as Json, json};

const PATH: &str = "/organizations";
const ALICES: &str = "Rabbit Hole Research";
/// The time limit of a page that waits for a server that does not answer: 3 s, and some for a busy
/// machine.
const PAGE_LIMIT: Duration = Duration::from_secs(6);

/// docs/auth.md §4, line 12.
#[tokio::test(flavor = "multi_thread")]
async fn failing_token_endpoint_changes_nothing_on_a_rendered_page() -> Result<()> {
    outage_changes_nothing("failing").await
}

/// docs/auth.md §4, line 12.
#[tokio::test(flavor = "multi_thread")]
async fn hanging_token_endpoint_changes_nothing_on_a_rendered_page() -> Result<()> {
    outage_changes_nothing("hanging").await
}

/// docs/auth.md §4, lines 12 and 15.
#[tokio::test(flavor = "multi_thread")]
async fn token_rotation_changes_nothing_on_a_rendered_page() -> Result<()> {
    with_rendered_site(async |site| {
        site.env.server.set_knobs(json!({ "tokenLifetimeSecs": 5 })).await?;
        let alice = site.signed_in("alice").await?;
        alice.open(PATH).await?;
        let rotated = async || Ok((site.front.requests(TOKEN_PATH) >= 4).then_some(()));
        until("three rotations", rotated).await?;
        alice.hide().await?;
        alice.show().await?;
        let traffic = site.until_live(&alice).await?;
        ensure!(traffic.sent().iter().filter(|kind| *kind == "Authenticate").count() >= 3);
        alice.observed_document().await?.ensure_unchanged()?;
        check_only_alice_ran(site).await?;
        alice.ensure_quiet_console().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_tokens_end_the_session_of_a_rendered_page() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = page_before_hydration(site, json!({ "tokenEndpoint": "wrongAudience" })).await?;
        alice.wait_for_document("the sign-in form", |state| state.has("sign-in")).await?;
        let observed = alice.observed_document().await?;
        // The data stays until the session ends.
        assert_eq!(observed.successive("auth-refreshing"), ["", "Checking the sign-in…", ""]);
        for state in observed.after_html() {
            ensure!(state.has("sign-in") != state.shows(ALICES), "{state:#?}");
        }
        // Nothing ran as Alice in the browser, and her data is gone.
        let log = site.env.server.log().await?;
        ensure!(log.executions.is_empty(), "the runs: {:#?}", log.executions);
        ensure!(!alice.content().await?.contains(ALICES), "Alice's data is still in the document");
        alice.ensure_quiet_console().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_rendered_while_the_deployment_is_down_works() -> Result<()> {
    without_deployment(GateState::Closed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_rendered_while_the_deployment_is_silent_works() -> Result<()> {
    without_deployment(GateState::Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn page_rendered_while_the_deployment_answers_html_works() -> Result<()> {
    without_deployment(GateState::Html).await
}

/// docs/auth.md §4, lines 9 and 14.
#[tokio::test(flavor = "multi_thread")]
async fn page_rendered_while_the_auth_service_is_down_works() -> Result<()> {
    without_auth_service(GateState::Closed).await
}

/// docs/auth.md §4, lines 9 and 14.
#[tokio::test(flavor = "multi_thread")]
async fn page_rendered_while_the_auth_service_is_silent_works() -> Result<()> {
    without_auth_service(GateState::Silent).await
}

/// The token endpoint fails from before the page is hydrated, and works again after retries.
async fn outage_changes_nothing(endpoint: &str) -> Result<()> {
    with_rendered_site(async |site| {
        let alice = page_before_hydration(site, json!({ "tokenEndpoint": endpoint })).await?;
        // A hanging fetch is not repeated before its time limit of 30 s.
        let fetches = if endpoint == "failing" { 2 } else { 1 };
        let fetched = async || Ok((site.front.requests(TOKEN_PATH) >= fetches).then_some(()));
        until("the token fetches", fetched).await?;
        ensure!(site.env.server.log().await?.executions.is_empty(), "a query ran without a token");
        site.env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
        site.until_live(&alice).await?;
        alice.observed_document().await?.ensure_unchanged()?;
        check_only_alice_ran(site).await?;
        alice.ensure_quiet_console().await
    })
    .await
}

/// The page is rendered and hydrated while the deployment is in this state. Then it works.
async fn without_deployment(state: GateState) -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        site.deployment.set(state);
        let start = Instant::now();
        alice.begin_to_open(PATH).await?;
        let html = alice.wait_for_document("the HTML", |state| state.is_parsed).await?;
        ensure!(start.elapsed() < PAGE_LIMIT, "the page took {:?}", start.elapsed());
        // The user is known, the data is not.
        ensure!(html.part("user") == "Alice" && html.has("organizations-loading"), "{html:#?}");
        let reported = |line: &String| line.contains("`organizations:list` was not rendered");
        ensure!(site.output().iter().any(reported), "the output is {:#?}", site.output());

        site.deployment.set(GateState::Open);
        alice.wait_for_document("Alice's data", |state| state.part("organizations").contains(ALICES)).await?;
        site.until_live(&alice).await?;
        let observed = alice.observed_document().await?;
        assert_eq!(observed.successive("user"), ["Alice"]);
        ensure!(!observed.states.iter().any(|state| state.has("sign-in")), "{observed:#?}");
        check_only_alice_ran(site).await?;
        alice.ensure_quiet_console().await
    })
    .await
}

/// The page is rendered while the auth service is in this state. Then it works.
async fn without_auth_service(state: GateState) -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        site.auth.set(state);
        site.front.hold_wasm(true);
        let start = Instant::now();
        alice.begin_to_open(PATH).await?;
        let html = alice.wait_for_document("the HTML", |state| state.is_parsed).await?;
        ensure!(start.elapsed() < PAGE_LIMIT, "the page took {:?}", start.elapsed());
        // An outage is not a sign-out.
        ensure!(html.has("auth-loading") && !html.has("sign-in"), "{html:#?}");
        let reported = |line: &String| line.contains("a page is rendered without an identity");
        ensure!(site.output().iter().any(reported), "the output is {:#?}", site.output());
        ensure!(site.env.server.log().await?.executions.is_empty(), "a query ran without an identity");

        site.auth.set(GateState::Open);
        site.front.hold_wasm(false);
        alice.wait_for_document("Alice's data", |state| state.part("organizations").contains(ALICES)).await?;
        site.until_live(&alice).await?;
        let observed = alice.observed_document().await?;
        assert_eq!(observed.successive("user"), ["", "Alice"]);
        ensure!(!observed.states.iter().any(|state| state.has("sign-in")), "{observed:#?}");
        check_only_alice_ran(site).await?;
        alice.ensure_quiet_console().await
    })
    .await
}

/// Alice's page with her data, hydrated while these knobs are set. The logs begin after the HTML.
async fn page_before_hydration(site: &RenderedSite<'_>, knobs: Json) -> Result<Arc<Browser>> {
    let alice = site.signed_in("alice").await?;
    site.front.hold_wasm(true);
    alice.begin_to_open(PATH).await?;
    let html = alice.wait_for_document("the HTML", |state| state.is_parsed).await?;
    ensure!(html.part("organizations").contains(ALICES), "the data is not in the HTML: {html:#?}");
    site.env.server.set_knobs(knobs).await?;
    site.clear_logs().await?;
    site.front.hold_wasm(false);
    Ok(alice)
}

async fn check_only_alice_ran(site: &RenderedSite<'_>) -> Result<()> {
    let log = site.env.server.log().await?;
    let other = log.executions.iter().find(|run| run.subject.as_deref() != Some("user_alice"));
    ensure!(other.is_none(), "a function did not run as Alice: {other:?}");
    log.executions.first().context("no function ran")?;
    Ok(())
}
