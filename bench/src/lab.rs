//! The environment of measurements: for each one a new server and a new browser.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use convex_dev_server::Options;
use e2e::{DriverProcess, Engine, TestServer};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use thirtyfour::{WebDriver, extensions::cdp::ChromeDevTools};

use crate::{profile::costly_functions, side::Side};

/// The time limit of one run in a page, with all its samples.
const RUN_LIMIT: Duration = Duration::from_secs(110);

/// A browser's driver and the benchmark's folders.
#[derive(Debug)]
pub struct Lab {
    chromedriver: DriverProcess,
    /// The built pages.
    pages: PathBuf,
    /// The folder for output.
    out: PathBuf,
    /// Whether to record CPU profiles, which takes time.
    profiles: bool,
}

/// A new browser with its own server.
#[derive(Debug)]
pub struct MeasuredBrowser {
    pub server: TestServer,
    driver: WebDriver,
    /// The folder for CPU profiles, if they are recorded.
    profiles: Option<PathBuf>,
}

impl Lab {
    pub async fn open(pages: PathBuf, out: PathBuf, profiles: bool) -> Result<Self> {
        Ok(Self { chromedriver: DriverProcess::start(Engine::Chromium).await?, pages, out, profiles })
    }

    pub async fn close(self) {
        self.chromedriver.stop().await;
    }

    /// Runs an action in a new browser with a new server. Both are always ended.
    pub async fn with_browser<T>(
        &self,
        action: impl AsyncFnOnce(&MeasuredBrowser) -> Result<T>,
    ) -> Result<T> {
        self.with_browser_and(self.page_options(), action).await
    }

    /// The options of a server of the built pages.
    pub fn page_options(&self) -> Options {
        Options { page: Some(self.pages.clone()), isolated: true, ..Options::on_a_free_port() }
    }

    /// [`with_browser`](Self::with_browser) with a server that is started with these options.
    pub async fn with_browser_and<T>(
        &self,
        options: Options,
        action: impl AsyncFnOnce(&MeasuredBrowser) -> Result<T>,
    ) -> Result<T> {
        let server = TestServer::start_with(options).await?;
        let driver = self.chromedriver.browser().await?;
        let browser = MeasuredBrowser { server, driver, profiles: self.profiles.then(|| self.out.clone()) };
        let outcome = action(&browser).await;
        let MeasuredBrowser { server, driver, .. } = browser;
        driver.quit().await.context("cannot close the browser")?;
        server.stop().await;
        outcome
    }
}

impl MeasuredBrowser {
    /// Opens a page of one side, isolated in its process.
    pub async fn open(&self, side: Side, page: &str) -> Result<()> {
        self.open_at(&self.server.url(), side, page).await
    }

    /// [`open`](Self::open) at another origin that leads to the server.
    pub async fn open_at(&self, origin: &str, side: Side, page: &str) -> Result<()> {
        self.go_to(&format!("{origin}/{}/{page}", side.folder())).await?;
        let isolated: bool = self.run("return crossOriginIsolated", Vec::new()).await?;
        ensure!(isolated, "the page is not cross-origin isolated, so its clock is too coarse");
        Ok(())
    }

    /// Navigates to a URL.
    pub async fn go_to(&self, url: &str) -> Result<()> {
        Ok(self.driver.goto(url).await?)
    }

    /// Runs a script and returns its result. A promise is awaited.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, args: Vec<Json>) -> Result<T> {
        self.driver.set_script_timeout(RUN_LIMIT).await?;
        Ok(self.driver.execute(script, args).await?.convert()?)
    }

    /// Runs an action. If profiles are recorded, writes `<name>.cpuprofile` and prints its summary.
    pub async fn profiled<T>(&self, name: &str, action: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
        const MICROSECONDS: u32 = 100;
        let Some(folder) = &self.profiles else { return action().await };
        self.devtools("Profiler.enable", json!({})).await?;
        self.devtools("Profiler.setSamplingInterval", json!({ "interval": MICROSECONDS })).await?;
        self.devtools("Profiler.start", json!({})).await?;
        let done = action().await?;
        let stopped = self.devtools("Profiler.stop", json!({})).await?;
        let file = folder.join(format!("{name}.cpuprofile"));
        fs::write(&file, stopped["profile"].to_string())?;
        eprintln!(
            "CPU profile: {} (for Chromium's developer tools). The most costly functions:",
            file.display()
        );
        eprint!("{}", costly_functions(&stopped["profile"])?);
        Ok(done)
    }

    /// Signs Alice in at the origin of the open page: sets the session's cookie.
    pub async fn sign_in(&self) -> Result<()> {
        const SIGN_IN: &str = "return fetch('/api/auth/sign-in/email', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ email: 'alice@example.com', password: 'alice-demo' }),
        }).then(({ ok }) => ok)";
        let is_signed_in: bool = self.run(SIGN_IN, Vec::new()).await?;
        ensure!(is_signed_in, "Alice could not sign in");
        Ok(())
    }

    /// Makes each page load use an empty cache. Cookies remain.
    pub async fn disable_cache(&self) -> Result<()> {
        self.devtools("Network.enable", json!({})).await?;
        self.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await?;
        Ok(())
    }

    /// A command of Chromium's DevTools protocol.
    pub async fn devtools(&self, command: &str, params: Json) -> Result<Json> {
        let devtools = ChromeDevTools::new(self.driver.handle.clone());
        devtools.execute_cdp_with_params(command, params).await.map_err(|error| anyhow!("{command}: {error}"))
    }
}
