//! `?deployment=<url>` points the page at another deployment than its own origin.

use anyhow::{Result, ensure};
use e2e::{Deployment, Page, Panel, play};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_with_a_deployment_on_another_origin() -> Result<()> {
    play(async |stage| {
        let other = Deployment::start(Page::Demo).await?;
        let browser = stage.browser().await?;
        browser.open(&format!("/?deployment={}", other.url())).await?;
        browser.click("sign-in-bob").await?;
        for panel in Panel::BOTH {
            browser.wait_for_organization(panel, "Bob's Boats").await?;
        }
        browser.hard_refresh().await?;
        for panel in Panel::BOTH {
            browser.wait_for_organization(panel, "Bob's Boats").await?;
        }
        let log = stage.deployment.log().await?;
        ensure!(log.connections.is_empty() && log.token_fetches.is_empty(), "the page asked its own origin");
        other.stop().await;
        Ok(())
    })
    .await
}
