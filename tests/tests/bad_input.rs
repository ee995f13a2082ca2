//! What is wrong is said clearly in the page, and nothing else stops working.

use anyhow::{Result, ensure};
use e2e::{Browser, Panel, PanelState, play};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_cannot_be_reached_is_named() -> Result<()> {
    play(async |stage| {
        let browser = stage.browser().await?;
        browser.open("/?deployment=http://127.0.0.1:1").await?;
        let problem = browser.text("problem").await?;
        ensure!(problem.contains("http://127.0.0.1:1") && problem.contains("cannot be reached"), "{problem}");
        for panel in Panel::BOTH {
            let says = |state: &PanelState| state.connection == "reconnecting" && !state.detail.is_empty();
            browser.wait_for(panel, "to say so", says).await?;
        }
        the_page_is_alive(&browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_named() -> Result<()> {
    play(async |stage| {
        let browser = stage.browser().await?;
        browser.open("/?deployment=nonsense").await?;
        for panel in Panel::BOTH {
            let says = |state: &PanelState| state.connection == "fatal" && state.detail.contains("nonsense");
            browser.wait_for(panel, "to say so", says).await?;
        }
        the_page_is_alive(&browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_answers_with_a_page_is_named_and_asked_again() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        stage.deployment.turn(json!({ "tokenEndpoint": "html" })).await?;
        browser.hard_refresh().await?;
        let says = |state: &PanelState| state.auth == "loading" && state.detail.contains("text/html");
        browser.wait_for(Panel::Fixed, "the reason why there is no token", says).await?;
        ensure!(browser.state(Panel::Fixed).await?.shows("loading"));
        the_page_is_alive(&browser).await?;

        stage.deployment.turn(json!({ "tokenEndpoint": "ok" })).await?;
        heals(&browser).await
    })
    .await
}

/// Auth contract §4, line 45.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_somebody_else_is_rejected_with_the_servers_words_and_its_audience() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        stage.deployment.turn(json!({ "tokenEndpoint": "wrongAudience" })).await?;
        browser.hard_refresh().await?;
        let says = |state: &PanelState| {
            state.auth == "unauthenticated"
                && state.detail.contains("rejected")
                && state.detail.contains("someone-else")
        };
        browser.wait_for(Panel::Fixed, "the reason why the token was rejected", says).await?;
        // What is for everybody goes on, anonymously.
        browser.wait_for(Panel::Fixed, "messages", |state| !state.messages.is_empty()).await?;
        the_page_is_alive(&browser).await?;

        stage.deployment.turn(json!({ "tokenEndpoint": "ok" })).await?;
        browser.click("sign-out").await?;
        browser.click("sign-in-alice").await?;
        heals(&browser).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_no_json_is_answered_with_a_new_connection() -> Result<()> {
    play(async |stage| {
        let browser = stage.signed_in("alice").await?;
        let wire = browser.observations().await?.wire(Panel::Fixed)?;
        stage.deployment.send_garbage(&wire.session_id).await?;
        browser.wait_for(Panel::Fixed, "the new connection", |state| state.connection == "live").await?;
        e2e::until("a second connection", async || {
            let log = stage.deployment.log().await?;
            let mine = log.connections.iter().filter(|one| one.session_id.as_ref() == Some(&wire.session_id));
            Ok((mine.count() == 2).then_some(()))
        })
        .await?;
        heals(&browser).await?;
        let observed = browser.observations().await?;
        let reason = observed.states(Panel::Fixed).iter().find(|state| state.connection == "reconnecting");
        ensure!(reason.is_some_and(|state| state.detail.contains("JSON")), "it says: {reason:#?}");
        ensure!(observed.states(Panel::Naive).iter().skip(1).all(|state| state.connection != "reconnecting"));
        the_page_is_alive(&browser).await
    })
    .await
}

/// What does not depend on what went wrong still works: the page is drawn, and answers to a person.
async fn the_page_is_alive(browser: &Browser) -> Result<()> {
    browser.type_in(Panel::Fixed, "message-input", "Still alive").await?;
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

async fn heals(browser: &Browser) -> Result<()> {
    for panel in Panel::BOTH {
        browser.wait_for_organization(panel, "Rabbit Hole Research").await?;
        browser
            .wait_for(panel, "to be live", |state| {
                state.connection == "live" && state.auth == "authenticated"
            })
            .await?;
    }
    Ok(())
}
