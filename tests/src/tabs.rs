//! Several tabs of one browser. They share its cookies. A test acts in the front tab.

use anyhow::Result;
use thirtyfour::WindowHandle;

use crate::{browser::Browser, engine::Engine, wait::until};

/// A tab of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab(WindowHandle);

impl Browser {
    /// The front tab.
    ///
    /// # Errors
    ///
    /// The tab is closed.
    pub async fn tab(&self) -> Result<Tab> {
        Ok(Tab(self.driver.window().await?))
    }

    /// Opens an empty tab in front of the others. In WebKit it is a window, because WebKit's driver
    /// cannot bring a tab to the front.
    ///
    /// # Errors
    ///
    /// The browser does not open it.
    pub async fn open_tab(&self) -> Result<Tab> {
        let tab = Tab(match self.engine {
            Engine::Chromium | Engine::Firefox => self.driver.new_tab().await?,
            Engine::WebKit => self.driver.new_window().await?,
        });
        self.switch_to(&tab).await?;
        Ok(tab)
    }

    /// Brings a tab to the front. Its page becomes visible, the pages of the other tabs hidden.
    ///
    /// # Errors
    ///
    /// The tab is closed.
    pub async fn switch_to(&self, tab: &Tab) -> Result<()> {
        self.driver.switch_to_window(tab.0.clone()).await?;
        if self.engine == Engine::Chromium {
            self.devtools("Page.bringToFront", serde_json::json!({})).await?;
        }
        let is_visible = "return document.visibilityState === 'visible'";
        until("the tab to be in front", async || {
            Ok(self.run::<bool>(is_visible, Vec::new()).await?.then_some(()))
        })
        .await
    }
}
