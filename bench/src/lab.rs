//! Where measuring takes place: each time a new server, and a new browser that knows no page yet.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use convex_dev_server::Options;
use e2e::{DevServer, DriverProcess, Engine};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use thirtyfour::{WebDriver, extensions::cdp::ChromeDevTools};

use crate::{profile::costly_functions, side::Side};

/// How long one run in a page may take, with all its samples.
const PATIENCE: Duration = Duration::from_secs(110);

/// A browser's driver, and the folders.
#[derive(Debug)]
pub struct Lab {
    chromedriver: DriverProcess,
    /// The built pages.
    pages: PathBuf,
    /// For what is written.
    out: PathBuf,
    /// Whether Chromium's profiler looks on. That takes time of its own.
    profiles: bool,
}

/// A server and a browser of one's own.
#[derive(Debug)]
pub struct Visit {
    pub server: DevServer,
    driver: WebDriver,
    /// Where profiles go, if any are wanted.
    profiles: Option<PathBuf>,
}

impl Lab {
    pub async fn open(pages: PathBuf, out: PathBuf, profiles: bool) -> Result<Self> {
        Ok(Self { chromedriver: DriverProcess::start(Engine::Chromium).await?, pages, out, profiles })
    }

    pub async fn close(self) {
        self.chromedriver.stop().await;
    }

    /// Does something in a new browser with a new server, and clears both away whatever comes of
    /// it.
    pub async fn visit<T>(&self, doing: impl AsyncFnOnce(&Visit) -> Result<T>) -> Result<T> {
        let page = Some(self.pages.clone());
        let options = Options { page, isolated: true, ..Options::on_a_free_port() };
        let server = DevServer::start_with(options).await?;
        let driver = self.chromedriver.browser().await?;
        let visit = Visit { server, driver, profiles: self.profiles.then(|| self.out.clone()) };
        let outcome = doing(&visit).await;
        let Visit { server, driver, .. } = visit;
        driver.quit().await.context("the browser did not end as it should")?;
        server.stop().await;
        outcome
    }
}

impl Visit {
    /// Opens a page of one side, which then stands alone in its process.
    pub async fn open(&self, side: Side, page: &str) -> Result<()> {
        self.go(&format!("{}/{page}", side.folder())).await?;
        let isolated: bool = self.run("return crossOriginIsolated", Vec::new()).await?;
        ensure!(isolated, "the page is not isolated, so its clock is too coarse");
        Ok(())
    }

    /// Goes to whatever is at a path of the server.
    pub async fn go(&self, path: &str) -> Result<()> {
        Ok(self.driver.goto(format!("{}/{path}", self.server.url())).await?)
    }

    /// What a script returns, or what it promises, once that is there.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, args: Vec<Json>) -> Result<T> {
        self.driver.set_script_timeout(PATIENCE).await?;
        Ok(self.driver.execute(script, args).await?.convert()?)
    }

    /// Does something in the page; where profiles are wanted, one is left in `<name>.cpuprofile`.
    pub async fn profiled<T>(&self, name: &str, doing: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
        const MICROSECONDS: u32 = 100;
        let Some(folder) = &self.profiles else { return doing().await };
        self.devtools("Profiler.enable", json!({})).await?;
        self.devtools("Profiler.setSamplingInterval", json!({ "interval": MICROSECONDS })).await?;
        self.devtools("Profiler.start", json!({})).await?;
        let done = doing().await?;
        let stopped = self.devtools("Profiler.stop", json!({})).await?;
        let file = folder.join(format!("{name}.cpuprofile"));
        fs::write(&file, stopped["profile"].to_string())?;
        eprintln!("A profile is in {}; Chromium's developer tools show it. In short:", file.display());
        eprint!("{}", costly_functions(&stopped["profile"])?);
        Ok(done)
    }

    /// A command of Chromium's DevTools protocol.
    pub async fn devtools(&self, command: &str, params: Json) -> Result<Json> {
        let devtools = ChromeDevTools::new(self.driver.handle.clone());
        devtools.execute_cdp_with_params(command, params).await.map_err(|error| anyhow!("{command}: {error}"))
    }
}
