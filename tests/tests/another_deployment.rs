//! `?deployment=<url>` connects the page to a deployment on another origin.

use anyhow::{Result, ensure};
use e2e::{DemoPanel, ServedApp, TestServer, with_demo};

#[tokio::test(flavor = "multi_thread")]
async fn page_works_with_a_deployment_on_another_origin() -> Result<()> {
    with_demo(async |env| {
        let other = TestServer::start(ServedApp::Demo).await?;
        let browser = env.browser().await?;
        browser.open(&format!("/?deployment={}", other.url())).await?;
        browser.click("sign-in-bob").await?;
        for panel in DemoPanel::BOTH {
            browser.wait_for_organization(panel, "Bob's Boats").await?;
        }
        browser.hard_refresh().await?;
        for panel in DemoPanel::BOTH {
            browser.wait_for_organization(panel, "Bob's Boats").await?;
        }
        let log = env.server.log().await?;
        ensure!(log.connections.is_empty() && log.token_fetches.is_empty(), "the page used its own origin");
        other.stop().await;
        Ok(())
    })
    .await
}
