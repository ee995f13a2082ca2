//! The process that drives browsers.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result, bail};
use thirtyfour::{
    CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::wait::PATIENCE;

/// A chromedriver on a port of its own; it ends when this is dropped.
#[derive(Debug)]
pub struct Chromedriver {
    process: Child,
    port: u16,
    files: Files,
}

/// A folder for what it and its browsers write, such as their profiles; it goes when this is dropped.
#[derive(Debug)]
struct Files(PathBuf);

/// How often one is started. It looks for a port that is free on one loopback address, and ends at once where it is not on the other, too.
const STARTS: usize = 5;

impl Chromedriver {
    /// Starts the one that `CHROMEDRIVER` names, or that is on the PATH.
    ///
    /// # Errors
    ///
    /// Where there is none, or it does not start.
    pub async fn start() -> Result<Self> {
        for _ in 0..STARTS {
            if let Some(started) = Self::start_once().await? {
                return Ok(started);
            }
        }
        bail!("chromedriver ended at once, {STARTS} times; above stands what it said")
    }

    /// `None` where it ended before it said where it listens.
    async fn start_once() -> Result<Option<Self>> {
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let files = Files::new()?;
        let mut process = Command::new(&program)
            .arg("--port=0")
            .env("TMPDIR", files.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!("cannot start {}; `cargo xtask setup` installs it", program.display())
            })?;
        let stdout = process.stdout.take().context("chromedriver has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let port =
            timeout(PATIENCE, announced_port(&mut lines)).await.context("chromedriver says no port")??;
        let Some(port) = port else { return Ok(None) };
        // It would stop at a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Some(Self { process, port, files }))
    }

    /// A browser with a new profile.
    ///
    /// # Errors
    ///
    /// Where it does not start.
    pub async fn browser(&self) -> Result<WebDriver> {
        WebDriver::new(self.url(), capabilities()?).await.context("chromedriver cannot start a browser")
    }

    /// Lets it end its browsers and clear away what they have written, and ends it.
    pub async fn stop(mut self) {
        let ends_by_itself = async {
            reqwest::get(format!("{}/shutdown", self.url())).await.is_ok()
                && self.process.wait().await.is_ok()
        };
        if !matches!(timeout(PATIENCE, ends_by_itself).await, Ok(true)) {
            eprintln!("chromedriver did not end when it was asked to");
            // Where it has ended meanwhile, nothing is left to do.
            let _ = self.process.kill().await;
        }
        drop(self.files);
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Files {
    fn new() -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("convex-e2e-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} is left behind: {error}", self.0.display());
        }
    }
}

/// Reads up to "ChromeDriver was started successfully on port 38211."
async fn announced_port(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Option<u16>> {
    while let Some(line) = lines.next_line().await? {
        let port =
            line.split_once("started successfully on port ").map(|(_, port)| port.trim_end_matches('.'));
        if let Some(port) = port {
            return port.parse().map(Some).with_context(|| format!("chromedriver says: {line}"));
        }
    }
    Ok(None)
}

fn capabilities() -> Result<ChromeCapabilities> {
    let mut chrome = DesiredCapabilities::chrome();
    if let Ok(binary) = env::var("CHROMIUM") {
        chrome.set_binary(&binary)?;
    }
    // Root, in a container, can have no sandbox; nothing is visited but our own page.
    for switch in [
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",
        "disable-gpu",
        "disable-background-networking",
        "window-size=1280,900",
    ] {
        chrome.add_arg(&format!("--{switch}"))?;
    }
    chrome.set_base_capability("goog:loggingPrefs", serde_json::json!({ "browser": "ALL" }))?;
    Ok(chrome)
}
