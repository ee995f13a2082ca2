//! Trunk builds the demo's page and serves it.

use std::path::PathBuf;

use anyhow::Result;

use super::cargo_tool::CargoTool;

/// The folder to put on the PATH, unless Trunk is already there.
pub fn ensure() -> Result<Option<PathBuf>> {
    CargoTool {
        package: "trunk",
        version: "0.21.14",
        binaries: &["trunk"],
        // Nothing is downloaded through it, so it needs no TLS, and half as long to build.
        options: &["--locked", "--no-default-features"],
        why: "it builds and serves the demo; about six minutes on two cores",
    }
    .ensure()
}
