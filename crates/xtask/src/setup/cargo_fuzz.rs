//! cargo-fuzz, which builds and runs the fuzz targets. It builds libFuzzer with them, which takes a
//! C++ compiler.

use std::path::PathBuf;

use anyhow::Result;

use super::{apt, cargo_tool::CargoTool, on_path};

/// Installs cargo-fuzz if needed; returns the folder to add to the PATH, if any.
pub fn ensure() -> Result<Option<PathBuf>> {
    if on_path("c++").is_none() {
        apt::install("a C++ compiler (for libFuzzer)", &["g++"])?;
    }
    CargoTool {
        package: "cargo-fuzz",
        version: "0.13.2",
        binaries: &["cargo-fuzz"],
        options: &["--locked"],
        why: "it builds and runs the fuzz targets; about a minute on two cores",
    }
    .ensure()
}
