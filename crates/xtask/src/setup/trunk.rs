//! Trunk builds the demo's page and serves it.

use std::path::PathBuf;

use anyhow::Result;

use super::{Toolbox, cargo_tool::CargoTool};
use crate::process;

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

/// Downloads the crates of the page, those that are missing: Trunk is run offline, so that it looks
/// for no tools of its own, and then its cargo is offline, too.
pub fn fetch_crates(tools: &Toolbox) -> Result<()> {
    process::run(&mut tools.cargo("fetch --locked --target wasm32-unknown-unknown"))
}
