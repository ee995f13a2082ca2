//! Trunk, which builds and serves the pages.

use std::path::PathBuf;

use anyhow::Result;

use super::{Toolbox, cargo_tool::CargoTool};
use crate::process;

/// Installs Trunk if needed; returns the folder to add to the PATH, if any.
pub fn ensure() -> Result<Option<PathBuf>> {
    CargoTool {
        package: "trunk",
        version: "0.21.14",
        binaries: &["trunk"],
        // Without TLS, because Trunk downloads nothing here; this halves the build time.
        options: &["--locked", "--no-default-features"],
        why: "it builds and serves the demo; about six minutes on two cores",
    }
    .ensure()
}

/// Downloads the crates that the pages need. Trunk runs offline so that it downloads no tools, and
/// then its cargo is offline, too.
pub fn fetch_crates(tools: &Toolbox) -> Result<()> {
    process::run(&mut tools.cargo("fetch --locked --target wasm32-unknown-unknown"))
}
