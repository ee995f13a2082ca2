//! The browser engines that tests run in.

use std::{fs, os::unix::fs::MetadataExt, path::PathBuf, process::Command};

use anyhow::{Context, Result};
use clap::ValueEnum;
use nix::unistd::Uid;

use crate::{
    setup::{Need, Toolbox},
    workspace,
};

/// A browser engine, represented by one browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Chromium,
    Firefox,
    /// WebKitGTK's MiniBrowser. Safari has the same engine but its own network layer.
    WebKit,
}

/// The value of `--browser`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BrowserChoice {
    Chromium,
    Firefox,
    Webkit,
    /// All three, one after the other
    All,
}

impl BrowserChoice {
    /// The engines of the chosen browsers.
    pub fn engines(self) -> &'static [Engine] {
        match self {
            Self::Chromium => &[Engine::Chromium],
            Self::Firefox => &[Engine::Firefox],
            Self::Webkit => &[Engine::WebKit],
            Self::All => &[Engine::Chromium, Engine::Firefox, Engine::WebKit],
        }
    }
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    pub fn need(self) -> Need {
        match self {
            Self::Chromium => Need::Chromium,
            Self::Firefox => Need::Firefox,
            Self::WebKit => Need::WebKit,
        }
    }

    /// `cargo` with these arguments, able to start this browser: WebKit needs a display.
    pub fn command(self, tools: &Toolbox, words: &str) -> Command {
        match self {
            Self::Chromium | Self::Firefox => tools.cargo(words),
            Self::WebKit => {
                let mut command = tools.command("xvfb-run");
                command.arg("--auto-servernum").arg(tools.cargo("").get_program());
                command.args(words.split_whitespace());
                command
            }
        }
    }

    /// Makes wasm-bindgen's test runner, which `command` starts, use this browser. The runner uses
    /// the first driver that an environment variable names.
    pub fn select(self, command: &mut Command) -> Result<()> {
        for other in BrowserChoice::All.engines().iter().filter(|other| **other != self) {
            command.env_remove(other.driver_variable());
        }
        match self {
            // The toolbox sets its variable.
            Self::Chromium => {}
            Self::Firefox => {
                command.env(self.driver_variable(), "geckodriver");
                if let Some(home) = home_for_root()? {
                    let runner = format!("env HOME={} wasm-bindgen-test-runner", home.display());
                    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
                }
            }
            Self::WebKit => drop(command.env(self.driver_variable(), "WebKitWebDriver")),
        }
        Ok(())
    }

    /// The variable that names the driver to wasm-bindgen's test runner, which expects WebKit's
    /// driver as Safari's.
    fn driver_variable(self) -> &'static str {
        match self {
            Self::Chromium => "CHROMEDRIVER",
            Self::Firefox => "GECKODRIVER",
            Self::WebKit => "SAFARIDRIVER",
        }
    }
}

/// A home folder for root if the current one belongs to another user: Firefox refuses to start with
/// that one.
fn home_for_root() -> Result<Option<PathBuf>> {
    let belongs_to_root = |home: PathBuf| fs::metadata(home).is_ok_and(|metadata| metadata.uid() == 0);
    if !Uid::effective().is_root() || std::env::home_dir().is_some_and(belongs_to_root) {
        return Ok(None);
    }
    let home = workspace::build_folder("firefox-home")?;
    fs::create_dir_all(&home).with_context(|| format!("cannot create {}", home.display()))?;
    Ok(Some(home))
}
