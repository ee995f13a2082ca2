//! Invalid input is reported clearly on the page, and the rest of the page works.

use anyhow::{Result, ensure};
use e2e::{Browser, DemoPanel, PanelState, with_demo};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_deployment_is_reported() -> Result<()> {
    with_demo(async |env| {
        let browser = env.browser().await?;
        browser.open("/?deployment=http://127.0.0.1:1").await?;
        let problem = browser.text("problem").await?;
        ensure!(problem.contains("http://127.0.0.1:1") && problem.contains("cannot be reached"), "{problem}");
        for panel in DemoPanel::BOTH {
            let explains =
                |state: &PanelState| state.connection == "reconnecting" && !state.detail.is_empty();
            browser.wait_for(panel, "the reason", explains).await?;
        }
        check_that_the_page_responds(&browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_deployment_address_is_reported() -> Result<()> {
    with_demo(async |env| {
        let browser = env.browser().await?;
        browser.open("/?deployment=nonsense").await?;
        for panel in DemoPanel::BOTH {
            let explains =
                |state: &PanelState| state.connection == "fatal" && state.detail.contains("nonsense");
            browser.wait_for(panel, "the reason", explains).await?;
        }
        check_that_the_page_responds(&browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn token_endpoint_that_returns_html_is_reported_and_retried() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        env.server.set_knobs(json!({ "tokenEndpoint": "html" })).await?;
        browser.hard_refresh().await?;
        let explains = |state: &PanelState| state.auth == "loading" && state.detail.contains("text/html");
        browser.wait_for(DemoPanel::Fixed, "the reason of the missing token", explains).await?;
        ensure!(browser.state(DemoPanel::Fixed).await?.shows("loading"));
        check_that_the_page_responds(&browser).await?;

        env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
        until_recovered(&browser).await
    })
    .await
}

/// docs/auth.md §4, line 45.
#[tokio::test(flavor = "multi_thread")]
async fn token_with_a_wrong_audience_is_reported_with_the_audience() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        env.server.set_knobs(json!({ "tokenEndpoint": "wrongAudience" })).await?;
        browser.hard_refresh().await?;
        let explains = |state: &PanelState| {
            state.auth == "unauthenticated"
                && state.detail.contains("rejected")
                && state.detail.contains("someone-else")
        };
        browser.wait_for(DemoPanel::Fixed, "the reason of the rejection", explains).await?;
        // Public queries still work, anonymously.
        browser.wait_for(DemoPanel::Fixed, "messages", |state| !state.messages.is_empty()).await?;
        check_that_the_page_responds(&browser).await?;

        env.server.set_knobs(json!({ "tokenEndpoint": "ok" })).await?;
        browser.click("sign-out").await?;
        browser.click("sign-in-alice").await?;
        until_recovered(&browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_frame_leads_to_a_new_connection() -> Result<()> {
    with_demo(async |env| {
        let browser = env.signed_in("alice").await?;
        let traffic = browser.observations().await?.traffic(DemoPanel::Fixed)?;
        env.server.send_garbage(&traffic.session_id).await?;
        browser.wait_for(DemoPanel::Fixed, "the new connection", |state| state.connection == "live").await?;
        e2e::until("a second connection", async || {
            let log = env.server.log().await?;
            Ok((log.connections_of_client(&traffic.session_id).count() == 2).then_some(()))
        })
        .await?;
        until_recovered(&browser).await?;
        let observed = browser.observations().await?;
        let reason =
            observed.states(DemoPanel::Fixed).iter().find(|state| state.connection == "reconnecting");
        ensure!(
            reason.is_some_and(|state| state.detail.contains("JSON")),
            "the reported reason: {reason:#?}"
        );
        ensure!(
            observed.states(DemoPanel::Naive).iter().skip(1).all(|state| state.connection != "reconnecting")
        );
        check_that_the_page_responds(&browser).await
    })
    .await
}

/// Checks that the page is rendered and responds to the user.
async fn check_that_the_page_responds(browser: &Browser) -> Result<()> {
    browser.type_in(DemoPanel::Fixed, "message-input", "Still alive").await?;
    let script = r#"
        const steps = document.querySelector('[data-testid="fixed"] details.steps');
        steps.querySelector("summary").click();
        return document.querySelector('[data-testid="fixed"] [data-testid="message-input"]').value;"#;
    assert_eq!(browser.run::<String>(script, Vec::new()).await?, "Still alive");
    let listed = "return document.querySelectorAll('[data-testid=\"fixed\"] details.steps li').length > 0";
    e2e::until("the steps to be listed", async || {
        Ok(browser.run::<bool>(listed, Vec::new()).await?.then_some(()))
    })
    .await
}

async fn until_recovered(browser: &Browser) -> Result<()> {
    for panel in DemoPanel::BOTH {
        browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
        browser
            .wait_for(panel, "to be live", |state| {
                state.connection == "live" && state.auth == "authenticated"
            })
            .await?;
    }
    Ok(())
}
