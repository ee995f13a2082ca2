//! Firefox and its WebDriver server, geckodriver.

use std::path::PathBuf;

use anyhow::Result;

use super::{apt, cargo_tool::CargoTool, on_path};

/// Installs both if needed; returns geckodriver's folder if it must be added to the PATH.
pub fn ensure() -> Result<Option<PathBuf>> {
    if on_path("firefox").is_none() && on_path("firefox-esr").is_none() {
        apt::install("Firefox", &["firefox-esr"])?;
    }
    CargoTool {
        package: "geckodriver",
        version: "0.37.1",
        binaries: &["geckodriver"],
        // It only forwards commands, so a debug build is fast enough, and it takes half the time.
        options: &["--locked", "--debug"],
        why: "it drives Firefox in the tests; about a minute on two cores",
    }
    .ensure()
}
