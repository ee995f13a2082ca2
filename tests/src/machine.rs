//! What happens to the machine that a browser runs on.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{browser::Browser, wait::until};

/// The size of the window.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 900;

impl Browser {
    /// Puts the window away: the page is hidden, and goes on running.
    ///
    /// # Errors
    ///
    /// Where the page is not told of it.
    pub async fn hide(&self) -> Result<()> {
        self.telling("hidden", async || Ok(self.driver.minimize_window().await?)).await
    }

    /// Brings the window back.
    ///
    /// # Errors
    ///
    /// Where the page is not told of it.
    pub async fn show(&self) -> Result<()> {
        self.telling("visible", async || {
            self.driver.set_window_rect(0, 0, WIDTH, HEIGHT).await?;
            Ok(())
        })
        .await
    }

    /// Closes the lid: the page is hidden, and nothing of it runs.
    ///
    /// # Errors
    ///
    /// Where the page is not told of it.
    pub async fn fall_asleep(&self) -> Result<()> {
        self.hide().await?;
        self.telling("freeze", async || self.set_lifecycle("frozen").await).await
    }

    /// Opens the lid.
    ///
    /// # Errors
    ///
    /// Where the page is not told of it.
    pub async fn wake(&self) -> Result<()> {
        self.set_lifecycle("active").await?;
        self.show().await
    }

    /// Pulls the cable, or puts it back. Sockets that are open stay so: what goes over them is the
    /// server's to stop.
    ///
    /// # Errors
    ///
    /// Where the page is not told of it.
    pub async fn set_offline(&self, offline: bool) -> Result<()> {
        let as_fast_as_it_is = -1;
        let conditions = json!({
            "offline": offline,
            "latency": 0,
            "downloadThroughput": as_fast_as_it_is,
            "uploadThroughput": as_fast_as_it_is,
        });
        self.telling(if offline { "offline" } else { "online" }, async || {
            self.devtools("Network.enable", json!({})).await?;
            self.devtools("Network.emulateNetworkConditions", conditions).await?;
            Ok(())
        })
        .await
    }

    /// Goes to another page of this origin, and comes back to the same document by the back button.
    ///
    /// # Errors
    ///
    /// Where the browser did not keep the document.
    pub async fn leave_and_come_back(&self, meanwhile: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
        let document = self.document().await?;
        self.open("/another-page").await?;
        let other = self.document().await?;
        meanwhile().await?;
        self.driver.back().await?;
        self.until_another_document(other).await?;
        ensure!(
            self.document().await? == document,
            "the page was loaded anew instead of taken from the back-forward cache"
        );
        until("the page to be told that it was kept", async || {
            let observed = self.observations().await?;
            Ok(observed.last_event("pageshow").is_some_and(|event| event.persisted).then_some(()))
        })
        .await
    }

    async fn set_lifecycle(&self, state: &str) -> Result<()> {
        self.devtools("Page.setWebLifecycleState", json!({ "state": state })).await?;
        Ok(())
    }

    /// Does something, and waits for the page to be told of it.
    async fn telling(&self, event: &str, act: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
        let before = self.observations().await?.times(event);
        act().await?;
        let is_told = async || Ok((self.observations().await?.times(event) > before).then_some(()));
        until(&format!("the page to be told: {event}"), is_told).await
    }
}
