//! The WebDriver process.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{self, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result, bail};
use thirtyfour::WebDriver;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{
    engine::Engine,
    wait::{WAIT_LIMIT, until},
};

/// A driver of one browser engine, on its own port. The process ends when this is dropped.
#[derive(Debug)]
pub struct DriverProcess {
    engine: Engine,
    process: Child,
    port: u16,
    files: Files,
}

/// A folder for the files of a driver and its browsers, such as profiles. It is removed on drop.
#[derive(Debug)]
struct Files(PathBuf);

/// The number of attempts to start a driver. Chromedriver chooses a port that is free on one
/// loopback address, and ends at once if the port is in use on the other.
const STARTS: usize = 5;

impl DriverProcess {
    /// Starts the driver of an engine.
    ///
    /// # Errors
    ///
    /// The driver is not installed or does not start.
    pub async fn start(engine: Engine) -> Result<Self> {
        for _ in 0..STARTS {
            if let Some(started) = Self::start_once(engine).await? {
                return Ok(started);
            }
        }
        bail!("the driver ended during its start, {STARTS} times; its output is above")
    }

    /// Starts the driver; `None` if it ends before it is ready.
    async fn start_once(engine: Engine) -> Result<Option<Self>> {
        let program = engine.driver();
        let files = Files::new()?;
        let requested_port = engine.port()?;
        let mut command = Command::new(&program);
        command.arg(format!("--port={requested_port}")).env("TMPDIR", files.path());
        if engine != Engine::Chromium {
            // Firefox refuses to run as root with another user's home folder.
            command.env("HOME", files.path());
        }
        let mut process = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().with_context(|| {
            format!("cannot start {}; `cargo xtask setup` installs it", program.display())
        })?;
        let stdout = process.stdout.take().context("the driver has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let port = match engine.announcement() {
            Some(announcement) => {
                let announced = announced_port(&mut lines, announcement);
                timeout(WAIT_LIMIT, announced).await.context("the driver does not print its port")??
            }
            None => until_listening(&mut process, requested_port).await?,
        };
        let Some(port) = port else { return Ok(None) };
        // The driver would block on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Some(Self { engine, process, port, files }))
    }

    /// The engine of its browsers.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Starts a browser with a new profile.
    ///
    /// # Errors
    ///
    /// The browser does not start.
    pub async fn browser(&self) -> Result<WebDriver> {
        let capabilities = self.engine.capabilities()?;
        WebDriver::new(self.url(), capabilities).await.context("the driver cannot start a browser")
    }

    /// Ends the driver. Chromedriver first ends its browsers and removes their files.
    pub async fn stop(mut self) {
        if self.engine == Engine::Chromium {
            let shutdown = async {
                reqwest::get(format!("{}/shutdown", self.url())).await.is_ok()
                    && self.process.wait().await.is_ok()
            };
            if matches!(timeout(WAIT_LIMIT, shutdown).await, Ok(true)) {
                return;
            }
            eprintln!("chromedriver does not respond to a shutdown request; killing it");
        }
        // The only expected error: the process has already ended.
        let _ = self.process.kill().await;
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
            eprintln!("cannot remove {}: {error}", self.0.display());
        }
    }
}

/// Reads up to the line with the port, such as "ChromeDriver was started successfully on port
/// 38211."
async fn announced_port(
    lines: &mut Lines<BufReader<ChildStdout>>,
    announcement: &str,
) -> Result<Option<u16>> {
    while let Some(line) = lines.next_line().await? {
        if let Some((_, port)) = line.split_once(announcement) {
            let port = port.trim_end_matches('.');
            return port.parse().map(Some).with_context(|| format!("the driver prints: {line}"));
        }
    }
    Ok(None)
}

/// Waits until a driver that prints nothing listens on this port; `None` if it ends first.
async fn until_listening(process: &mut Child, port: u16) -> Result<Option<u16>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    until("the driver to listen", async || {
        if process.try_wait()?.is_some() {
            return Ok(Some(None));
        }
        Ok(TcpStream::connect(address).await.is_ok().then_some(Some(port)))
    })
    .await
}
