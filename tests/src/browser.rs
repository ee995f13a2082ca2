//! A browser, and the demo in it.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use thirtyfour::{By, WebDriver, WebElement, extensions::cdp::ChromeDevTools};

use crate::{
    engine::Engine,
    observations::{Observations, Panel, PanelState},
    wait::until,
};

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    pub(crate) driver: WebDriver,
    pub(crate) engine: Engine,
    origin: String,
}

impl Browser {
    pub(crate) fn new(driver: WebDriver, engine: Engine, origin: String) -> Self {
        Self { driver, engine, origin }
    }

    /// Opens the demo, at `/` or with a query string.
    ///
    /// # Errors
    ///
    /// Where it does not load.
    pub async fn open(&self, path: &str) -> Result<()> {
        Ok(self.driver.goto(format!("{}{path}", self.origin)).await?)
    }

    /// Reloads the page. In Chromium this bypasses all caches as ctrl+shift+R does; WebDriver has
    /// no command for that.
    ///
    /// # Errors
    ///
    /// Where it does not load.
    pub async fn hard_refresh(&self) -> Result<()> {
        let before = self.document().await?;
        match self.engine {
            Engine::Chromium => drop(self.devtools("Page.reload", json!({ "ignoreCache": true })).await?),
            Engine::Firefox | Engine::WebKit => self.driver.refresh().await?,
        }
        self.until_another_document(before).await
    }

    /// Presses the page's own button for that.
    ///
    /// # Errors
    ///
    /// Where there is none, or nothing happens.
    pub async fn press_hard_refresh(&self) -> Result<()> {
        let before = self.document().await?;
        self.click("hard-refresh").await?;
        self.until_another_document(before).await
    }

    /// Presses a button of the page, once it can be pressed.
    ///
    /// # Errors
    ///
    /// Where it never can.
    pub async fn click(&self, testid: &str) -> Result<()> {
        self.click_at(&selector(testid)).await
    }

    /// Presses a button of a panel, once it can be pressed.
    ///
    /// # Errors
    ///
    /// Where it never can.
    pub async fn click_in(&self, panel: Panel, testid: &str) -> Result<()> {
        self.click_at(&within(panel, testid)).await
    }

    /// Types into a field of the page.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn type_into(&self, testid: &str, text: &str) -> Result<()> {
        Ok(self.element(&selector(testid)).await?.send_keys(text).await?)
    }

    /// Types into a field of a panel.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn type_in(&self, panel: Panel, testid: &str, text: &str) -> Result<()> {
        Ok(self.element(&within(panel, testid)).await?.send_keys(text).await?)
    }

    /// The text of an element of the page, once it is there.
    ///
    /// # Errors
    ///
    /// Where it never is.
    pub async fn text(&self, testid: &str) -> Result<String> {
        Ok(self.element(&selector(testid)).await?.text().await?)
    }

    /// Waits for a panel to be in a state.
    ///
    /// # Errors
    ///
    /// Where it never is; the error says how it is instead.
    pub async fn wait_for(
        &self,
        panel: Panel,
        what: &str,
        wanted: impl Fn(&PanelState) -> bool,
    ) -> Result<PanelState> {
        let what = format!("{what} in the {} panel", panel.id());
        let look = async || {
            let state = self.state(panel).await?;
            ensure!(wanted(&state), "{state:#?}");
            Ok(Some(state))
        };
        until(&what, look).await
    }

    /// Waits for a panel to show the organizations, among them this.
    ///
    /// # Errors
    ///
    /// Where it never does.
    pub async fn wait_for_organization(&self, panel: Panel, name: &str) -> Result<PanelState> {
        let shown = |state: &PanelState| state.shows("organizations") && state.text.contains(name);
        self.wait_for(panel, name, shown).await
    }

    /// How a panel is now.
    ///
    /// # Errors
    ///
    /// Where it is not there yet.
    pub async fn state(&self, panel: Panel) -> Result<PanelState> {
        let state: Option<PanelState> = self
            .run("return window.__observed[arguments[0]].at(-1) ?? null", vec![json!(panel.id())])
            .await?;
        state.with_context(|| format!("no {} panel yet", panel.id()))
    }

    /// What was noted since the page was loaded.
    ///
    /// # Errors
    ///
    /// Where the page is gone.
    pub async fn observations(&self) -> Result<Observations> {
        self.run("return window.__observed", Vec::new()).await
    }

    /// Runs a script in the page and returns what it returns.
    ///
    /// # Errors
    ///
    /// Where it throws, or returns something else than a `T`.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, args: Vec<Json>) -> Result<T> {
        Ok(self.driver.execute(script, args).await?.convert()?)
    }

    /// The document as it stands, visible or not.
    ///
    /// # Errors
    ///
    /// Where the page is gone.
    pub async fn html(&self) -> Result<String> {
        self.run("return document.documentElement.outerHTML", Vec::new()).await
    }

    /// The errors in the consoles of all pages that this browser has opened.
    ///
    /// # Errors
    ///
    /// If the page is gone.
    pub async fn console(&self) -> Result<Vec<String>> {
        self.run("return window.__observedErrors()", Vec::new()).await
    }

    /// Makes the window a phone's or any other.
    ///
    /// # Errors
    ///
    /// Where the browser is gone.
    pub async fn resize(&self, width: u32, height: u32, scheme: &str) -> Result<()> {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await?;
        Ok(())
    }

    /// Keeps a picture of the whole page below `target/e2e`, for people to look at.
    ///
    /// # Errors
    ///
    /// Where it cannot be taken or written.
    pub async fn picture(&self, name: &str) -> Result<()> {
        let answer =
            self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await?;
        let picture = BASE64_STANDARD.decode(answer["data"].as_str().context("no picture")?)?;
        let folder = pictures()?;
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join(format!("{name}.png")), picture)?)
    }

    pub(crate) async fn close(&self) {
        if let Err(error) = self.driver.clone().quit().await {
            eprintln!("a browser did not end as it should: {error}");
        }
    }

    async fn click_at(&self, css: &str) -> Result<()> {
        let pressed = async || {
            let button = self.element(css).await?;
            ensure!(button.is_enabled().await?, "it is disabled");
            button.click().await?;
            Ok(Some(()))
        };
        until(&format!("{css} to be pressed"), pressed).await
    }

    async fn element(&self, css: &str) -> Result<WebElement> {
        until(css, async || Ok(Some(self.driver.find(By::Css(css)).await?))).await
    }

    pub(crate) async fn devtools(&self, command: &str, params: Json) -> Result<Json> {
        Ok(ChromeDevTools::new(self.driver.handle.clone()).execute_cdp_with_params(command, params).await?)
    }

    /// When this document began: another one's number is another.
    pub(crate) async fn document(&self) -> Result<f64> {
        self.run("return performance.timeOrigin", Vec::new()).await
    }

    pub(crate) async fn until_another_document(&self, before: f64) -> Result<()> {
        let is_another = async || Ok((self.document().await? != before).then_some(()));
        until("the page to be loaded anew", is_another).await
    }
}

fn selector(testid: &str) -> String {
    format!(r#"[data-testid="{testid}"]"#)
}

fn within(panel: Panel, testid: &str) -> String {
    format!("{} {}", selector(panel.id()), selector(testid))
}

/// A folder beside that of the profile that this program was built in.
fn pictures() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3).context("a test is a file in target/<profile>/deps")?;
    Ok(target.join("e2e"))
}
