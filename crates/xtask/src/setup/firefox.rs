//! Firefox and geckodriver, which speaks WebDriver for it.

use std::path::PathBuf;

use anyhow::Result;

use super::{apt, cargo_tool::CargoTool, on_path};

/// The folder of geckodriver to put on the PATH, unless it is already there.
pub fn ensure() -> Result<Option<PathBuf>> {
    if on_path("firefox").is_none() && on_path("firefox-esr").is_none() {
        apt::install("Firefox", &["firefox-esr"])?;
    }
    CargoTool {
        package: "geckodriver",
        version: "0.37.1",
        binaries: &["geckodriver"],
        // It only passes commands on, so a debug build, which takes half as long, is fast enough.
        options: &["--locked", "--debug"],
        why: "it drives Firefox in the tests; about a minute on two cores",
    }
    .ensure()
}
