//! A server-rendered page of islands: the provider is one of them, and those among its children
//! take over their data.

use anyhow::{Result, ensure};
use e2e::{RenderedApp, with_rendered_app};

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
