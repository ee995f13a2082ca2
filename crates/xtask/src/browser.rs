//! The browsers that tests run in.

use std::{fs, os::unix::fs::MetadataExt, path::PathBuf, process::Command};

use anyhow::{Context, Result};
use clap::ValueEnum;
use nix::unistd::Uid;

use crate::{
    setup::{Need, Toolbox},
    workspace,
};

/// A browser engine, and the browser that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    Chromium,
    Firefox,
    /// WebKitGTK's MiniBrowser. Safari has the same engine, and its own network layer.
    WebKit,
}

/// The value of `--browser`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Browsers {
    Chromium,
    Firefox,
    Webkit,
    /// All three, one after the other
    All,
}

impl Browsers {
    pub fn list(self) -> &'static [Browser] {
        match self {
            Self::Chromium => &[Browser::Chromium],
            Self::Firefox => &[Browser::Firefox],
            Self::Webkit => &[Browser::WebKit],
            Self::All => &[Browser::Chromium, Browser::Firefox, Browser::WebKit],
        }
    }
}

impl Browser {
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

    /// A command that can start this browser: WebKit needs a display.
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

    /// Lets wasm-bindgen's test runner, which `command` starts, use this browser: the runner takes
    /// the first driver that a variable names.
    pub fn select(self, command: &mut Command) -> Result<()> {
        for other in Browsers::All.list().iter().filter(|other| **other != self) {
            command.env_remove(other.driver_variable());
        }
        match self {
            // The toolbox has set it.
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

    /// The variable by which wasm-bindgen's test runner finds a driver. It knows WebKit's as
    /// Safari's.
    fn driver_variable(self) -> &'static str {
        match self {
            Self::Chromium => "CHROMEDRIVER",
            Self::Firefox => "GECKODRIVER",
            Self::WebKit => "SAFARIDRIVER",
        }
    }
}

/// A home folder of root's own, if root has another user's: Firefox refuses to start with that.
fn home_for_root() -> Result<Option<PathBuf>> {
    let is_roots = |home: PathBuf| fs::metadata(home).is_ok_and(|metadata| metadata.uid() == 0);
    if !Uid::effective().is_root() || std::env::home_dir().is_some_and(is_roots) {
        return Ok(None);
    }
    let home = workspace::build_folder("firefox-home")?;
    fs::create_dir_all(&home).with_context(|| format!("cannot create {}", home.display()))?;
    Ok(Some(home))
}
