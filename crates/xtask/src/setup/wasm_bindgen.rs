//! wasm-bindgen's tools. Their version must equal that of the `wasm-bindgen` crate in `Cargo.lock`.

use std::path::PathBuf;

use anyhow::Result;

use super::cargo_tool::CargoTool;
use crate::workspace;

/// Installs the tools if needed; returns the folder to add to the PATH, if any.
pub fn ensure() -> Result<Option<PathBuf>> {
    let version = workspace::locked_version("wasm-bindgen")?;
    CargoTool {
        package: "wasm-bindgen-cli",
        version: &version,
        binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        // Without TLS, because it connects to a local driver only. Not `--locked`: the lock file of
        // a recent release can name packages that a registry mirror does not have yet.
        options: &["--no-default-features"],
        why: "it prepares WASM for the browser and runs the component tests; about two minutes on two cores",
    }
    .ensure()
}
