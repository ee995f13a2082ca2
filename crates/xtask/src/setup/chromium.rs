//! Chromium and the matching chromedriver.

use std::{env, path::PathBuf};

use anyhow::{Result, bail};

use super::{apt, on_path};

/// The paths of the browser and its driver.
#[derive(Debug)]
pub struct Chromium {
    pub browser: PathBuf,
    pub driver: PathBuf,
}

/// Finds the browser and its driver, or installs them.
pub fn ensure() -> Result<Chromium> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    apt::install("Chromium with chromedriver", &["chromium", "chromium-driver"])?;
    match find() {
        Some(browser) => Ok(browser),
        None => bail!(
            "chromium and chromedriver are installed but not on the PATH; \
             set CHROMIUM and CHROMEDRIVER to their paths"
        ),
    }
}

fn find() -> Option<Chromium> {
    let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    let browser = from_env("CHROMIUM").or_else(|| names.iter().find_map(|name| on_path(name)))?;
    let driver = from_env("CHROMEDRIVER").or_else(|| on_path("chromedriver"))?;
    Some(Chromium { browser, driver })
}

fn from_env(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_file())
}
