//! wasm-opt makes a release build's WASM smaller: Trunk calls it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::{node, on_path, tool_cache};
use crate::process;

/// Of npm's `binaryen`: the version that npm has under this number calls itself by the first part of it.
const PACKAGE: &str = "binaryen@132.0.0";
const VERSION: &str = "132";

/// The folder to put on the PATH, unless the right version is already there.
pub fn ensure() -> Result<Option<PathBuf>> {
    if on_path("wasm-opt").is_some_and(|file| is_right(&file)) {
        return Ok(None);
    }
    node::ensure()?;
    let folder = tool_cache()?.join(PACKAGE.replace('@', "-"));
    let bin = folder.join("node_modules/.bin");
    let wasm_opt = bin.join("wasm-opt");
    if !is_right(&wasm_opt) {
        install(&folder)?;
        ensure!(is_right(&wasm_opt), "npm installed {PACKAGE}, but {} does not run", wasm_opt.display());
    }
    Ok(Some(bin))
}

/// Whether this file is the tool and tells our version, as in `wasm-opt version 132 (version_132)`.
fn is_right(file: &Path) -> bool {
    process::first_line(Command::new(file).arg("--version"))
        .is_some_and(|line| line.split_whitespace().nth(2) == Some(VERSION))
}

fn install(folder: &Path) -> Result<()> {
    println!("Installing wasm-opt from npm's {PACKAGE}: it makes release builds small.");
    println!("This happens once; it goes to {}.", folder.display());
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).arg(PACKAGE);
    process::run(&mut install).with_context(|| format!("{PACKAGE} could not be installed"))
}
