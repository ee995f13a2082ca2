//! cargo-fuzz builds the fuzz targets and runs them; libFuzzer itself is built with them.

use std::path::PathBuf;

use anyhow::Result;

use super::{apt, cargo_tool::CargoTool, on_path};

/// The folder to put on the PATH, unless cargo-fuzz is already there.
pub fn ensure() -> Result<Option<PathBuf>> {
    if on_path("c++").is_none() {
        apt::install("a C++ compiler, for libFuzzer,", &["g++"])?;
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
