//! A browser with the demo or an example open.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use thirtyfour::{By, WebDriver, WebElement, extensions::cdp::ChromeDevTools};

use crate::{
    engine::Engine,
    observations::{DemoPanel, Observations, PanelState},
    wait::until,
};

/// A browser with its own profile.
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

    /// Opens a path of the page, such as `/` or `/?eager=0`.
    ///
    /// # Errors
    ///
    /// The page does not load.
    pub async fn open(&self, path: &str) -> Result<()> {
        Ok(self.driver.goto(format!("{}{path}", self.origin)).await?)
    }

    /// Opens a path of the page without waiting until it is loaded.
    ///
    /// # Errors
    ///
    /// The page does not begin to load.
    pub async fn begin_to_open(&self, path: &str) -> Result<()> {
        let before = self.document().await?;
        self.devtools("Page.navigate", json!({ "url": format!("{}{path}", self.origin) })).await?;
        self.until_another_document(before).await
    }

    /// Turns JavaScript off, or on again, for the documents that are opened next.
    ///
    /// # Errors
    ///
    /// The browser is closed.
    pub async fn set_javascript(&self, enabled: bool) -> Result<()> {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !enabled })).await?;
        Ok(())
    }

    /// Reloads the page. In Chromium this bypasses all caches like Ctrl+Shift+R; WebDriver has no
    /// command for that.
    ///
    /// # Errors
    ///
    /// The page does not load.
    pub async fn hard_refresh(&self) -> Result<()> {
        let before = self.document().await?;
        match self.engine {
            Engine::Chromium => drop(self.devtools("Page.reload", json!({ "ignoreCache": true })).await?),
            Engine::Firefox | Engine::WebKit => self.driver.refresh().await?,
        }
        self.until_another_document(before).await
    }

    /// Presses the demo's own button for a hard refresh.
    ///
    /// # Errors
    ///
    /// The button is missing, or the page is not reloaded.
    pub async fn press_hard_refresh(&self) -> Result<()> {
        let before = self.document().await?;
        self.click("hard-refresh").await?;
        self.until_another_document(before).await
    }

    /// Presses a button of the page, after waiting until it is enabled.
    ///
    /// # Errors
    ///
    /// The button is missing or stays disabled.
    pub async fn click(&self, testid: &str) -> Result<()> {
        self.click_at(&selector(testid)).await
    }

    /// Presses a button of a panel, after waiting until it is enabled.
    ///
    /// # Errors
    ///
    /// The button is missing or stays disabled.
    pub async fn click_in(&self, panel: DemoPanel, testid: &str) -> Result<()> {
        self.click_at(&within(panel, testid)).await
    }

    /// Types into a field of the page.
    ///
    /// # Errors
    ///
    /// The field is missing.
    pub async fn type_into(&self, testid: &str, text: &str) -> Result<()> {
        Ok(self.element(&selector(testid)).await?.send_keys(text).await?)
    }

    /// Types into a field of a panel.
    ///
    /// # Errors
    ///
    /// The field is missing.
    pub async fn type_in(&self, panel: DemoPanel, testid: &str, text: &str) -> Result<()> {
        Ok(self.element(&within(panel, testid)).await?.send_keys(text).await?)
    }

    /// The text of an element of the page; waits for the element.
    ///
    /// # Errors
    ///
    /// The element does not appear.
    pub async fn text(&self, testid: &str) -> Result<String> {
        Ok(self.element(&selector(testid)).await?.text().await?)
    }

    /// Waits until a panel's state meets a condition; `what` describes it for the error.
    ///
    /// # Errors
    ///
    /// The time limit is exceeded; the error shows the panel's last state.
    pub async fn wait_for(
        &self,
        panel: DemoPanel,
        what: &str,
        condition: impl Fn(&PanelState) -> bool,
    ) -> Result<PanelState> {
        let what = format!("{what} in the {} panel", panel.id());
        let check = async || {
            let state = self.state(panel).await?;
            ensure!(condition(&state), "{state:#?}");
            Ok(Some(state))
        };
        until(&what, check).await
    }

    /// Waits until a panel shows an organization of this name.
    ///
    /// # Errors
    ///
    /// The panel never shows it.
    pub async fn wait_for_organization(&self, panel: DemoPanel, name: &str) -> Result<PanelState> {
        let shown = |state: &PanelState| state.shows("organizations") && state.text.contains(name);
        self.wait_for(panel, name, shown).await
    }

    /// The present state of a panel.
    ///
    /// # Errors
    ///
    /// The panel is not rendered yet.
    pub async fn state(&self, panel: DemoPanel) -> Result<PanelState> {
        let state: Option<PanelState> = self
            .run("return window.__observed[arguments[0]].at(-1) ?? null", vec![json!(panel.id())])
            .await?;
        state.with_context(|| format!("the {} panel is not rendered yet", panel.id()))
    }

    /// The observations since the page was loaded.
    ///
    /// # Errors
    ///
    /// The page is closed.
    pub async fn observations(&self) -> Result<Observations> {
        self.run("return window.__observed", Vec::new()).await
    }

    /// Runs a script in the page and returns its result.
    ///
    /// # Errors
    ///
    /// The script throws, or its result is not a `T`.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, args: Vec<Json>) -> Result<T> {
        Ok(self.driver.execute(script, args).await?.convert()?)
    }

    /// The HTML of the document, including invisible elements.
    ///
    /// # Errors
    ///
    /// The page is closed.
    pub async fn html(&self) -> Result<String> {
        self.run("return document.documentElement.outerHTML", Vec::new()).await
    }

    /// The errors and warnings in the consoles of all pages that this browser has opened.
    ///
    /// # Errors
    ///
    /// The page is closed.
    pub async fn console(&self) -> Result<Vec<String>> {
        self.run("return window.__observedErrors?.() ?? []", Vec::new()).await
    }

    /// Checks that no page of this browser has written an error or a warning to its console.
    ///
    /// # Errors
    ///
    /// The error lists the lines.
    pub async fn ensure_quiet_console(&self) -> Result<()> {
        let lines = self.console().await?;
        ensure!(lines.is_empty(), "the console has {lines:#?}");
        Ok(())
    }

    /// The value of a cookie of the page's origin.
    ///
    /// # Errors
    ///
    /// There is none of this name.
    pub async fn cookie(&self, name: &str) -> Result<String> {
        Ok(self.driver.get_named_cookie(name).await?.value)
    }

    /// Sets the size of the screen and the color scheme.
    ///
    /// # Errors
    ///
    /// The browser is closed.
    pub async fn resize(&self, width: u32, height: u32, scheme: &str) -> Result<()> {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await?;
        Ok(())
    }

    /// Saves a picture of the whole page in `target/e2e`.
    ///
    /// # Errors
    ///
    /// The picture cannot be taken or written.
    pub async fn picture(&self, name: &str) -> Result<()> {
        let reply = self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await?;
        let data = reply["data"].as_str().context("the reply has no picture")?;
        let picture = BASE64_STANDARD.decode(data)?;
        let folder = picture_folder()?;
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join(format!("{name}.png")), picture)?)
    }

    /// Saves pictures of the whole page, on a phone and on a wide screen, in light and in dark.
    ///
    /// # Errors
    ///
    /// The page is wider than a screen, or as [`picture`](Self::picture).
    pub async fn pictures(&self, name: &str) -> Result<()> {
        for (screen, width, height) in [("phone", 390, 844), ("wide", 1440, 900)] {
            for scheme in ["light", "dark"] {
                self.resize(width, height, scheme).await?;
                self.picture(&format!("{name}-{screen}-{scheme}")).await?;
                let script =
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                let overflow: i64 = self.run(script, Vec::new()).await?;
                ensure!(overflow <= 0, "the page overflows by {overflow} pixels on a {screen} screen");
            }
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        if let Err(error) = self.driver.clone().quit().await {
            eprintln!("cannot close a browser: {error}");
        }
    }

    async fn click_at(&self, css: &str) -> Result<()> {
        let pressed = async || {
            let button = self.element(css).await?;
            ensure!(button.is_enabled().await?, "the button is disabled");
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

    /// An id of the document: the time when it was loaded.
    pub(crate) async fn document(&self) -> Result<f64> {
        self.run("return performance.timeOrigin", Vec::new()).await
    }

    pub(crate) async fn until_another_document(&self, before: f64) -> Result<()> {
        let is_another = async || Ok((self.document().await? != before).then_some(()));
        until("another document to be loaded", is_another).await
    }
}

fn selector(testid: &str) -> String {
    format!(r#"[data-testid="{testid}"]"#)
}

fn within(panel: DemoPanel, testid: &str) -> String {
    format!("{} {}", selector(panel.id()), selector(testid))
}

/// `e2e` in cargo's target folder.
fn picture_folder() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3).context("the test is not in target/<profile>/deps")?;
    Ok(target.join("e2e"))
}
