//! Events of the machine that a browser runs on: sleep, network changes, hidden windows.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browser::Browser, wait::until};

/// The size of the window.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 900;

impl Browser {
    /// Minimizes the window: the page is hidden and continues to run.
    ///
    /// # Errors
    ///
    /// The page does not receive the event.
    pub async fn hide(&self) -> Result<()> {
        self.until_event("hidden", async || Ok(self.driver.minimize_window().await?)).await
    }

    /// Restores the window.
    ///
    /// # Errors
    ///
    /// The page does not receive the event.
    pub async fn show(&self) -> Result<()> {
        self.until_event("visible", async || {
            self.driver.set_window_rect(0, 0, WIDTH, HEIGHT).await?;
            Ok(())
        })
        .await
    }

    /// Hides and freezes the page, as when the machine sleeps: none of its code runs.
    ///
    /// # Errors
    ///
    /// The page does not receive the event.
    pub async fn freeze(&self) -> Result<()> {
        self.hide().await?;
        self.until_event("freeze", async || self.set_lifecycle("frozen").await).await
    }

    /// Resumes and shows a frozen page.
    ///
    /// # Errors
    ///
    /// The page does not receive the event.
    pub async fn wake(&self) -> Result<()> {
        self.set_lifecycle("active").await?;
        self.show().await
    }

    /// Disconnects the browser from the network, or connects it again. Open sockets stay open: only
    /// the server can break them.
    ///
    /// # Errors
    ///
    /// The page does not receive the event.
    pub async fn set_offline(&self, offline: bool) -> Result<()> {
        let unlimited = -1;
        let conditions = json!({
            "offline": offline,
            "latency": 0,
            "downloadThroughput": unlimited,
            "uploadThroughput": unlimited,
        });
        self.until_event(if offline { "offline" } else { "online" }, async || {
            self.devtools("Network.enable", json!({})).await?;
            self.devtools("Network.emulateNetworkConditions", conditions).await?;
            Ok(())
        })
        .await
    }

    /// Navigates to another page of this origin, runs `meanwhile`, and navigates back to the same
    /// document.
    ///
    /// # Errors
    ///
    /// The document was not in the back-forward cache.
    pub async fn navigate_away_and_back(&self, meanwhile: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
        let document = self.document().await?;
        self.open("/another-page").await?;
        let other = self.document().await?;
        meanwhile().await?;
        self.driver.back().await?;
        self.until_another_document(other).await?;
        ensure!(
            self.document().await? == document,
            "the page was loaded again instead of restored from the back-forward cache"
        );
        until("the page to receive `pageshow` with `persisted`", async || {
            let observed = self.observations().await?;
            Ok(observed.last_event("pageshow").is_some_and(|event| event.persisted).then_some(()))
        })
        .await
    }

    async fn set_lifecycle(&self, state: &str) -> Result<()> {
        self.devtools("Page.setWebLifecycleState", json!({ "state": state })).await?;
        Ok(())
    }

    /// Does something and waits until the page has received the event.
    async fn until_event(&self, event: &str, act: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
        let before = self.observations().await?.event_count(event);
        act().await?;
        let is_received = async || Ok((self.observations().await?.event_count(event) > before).then_some(()));
        until(&format!("the page to receive the event `{event}`"), is_received).await
    }
}
