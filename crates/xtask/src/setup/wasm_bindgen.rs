//! wasm-bindgen's tools must be of exactly the version that the workspace links.

use std::path::PathBuf;

use anyhow::Result;

use super::cargo_tool::CargoTool;
use crate::workspace;

/// The folder to put on the PATH, unless the right version is already there.
pub fn ensure() -> Result<Option<PathBuf>> {
    let version = workspace::locked_version("wasm-bindgen")?;
    CargoTool {
        package: "wasm-bindgen-cli",
        version: &version,
        binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        // It talks to a local driver only, so it needs no TLS. Not `--locked`: a fresh release
        // locks packages so new that a registry mirror may not have them yet.
        options: &["--no-default-features"],
        why: "it makes WASM ready for the browser and runs its tests; about two minutes on two cores",
    }
    .ensure()
}
