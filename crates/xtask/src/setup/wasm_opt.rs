//! wasm-opt makes a release build's WASM smaller: Trunk calls it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::{node, on_path, tells_version, tool_cache};
use crate::process;

/// Of npm's `binaryen`: the version that npm has under this number calls itself by the first part
/// of it.
const PACKAGE: &str = "binaryen@132.0.0";
const VERSION: &str = "132";

/// The folder to put on the PATH, unless the right version is already there.
pub fn ensure() -> Result<Option<PathBuf>> {
    if on_path("wasm-opt").is_some_and(|file| tells_version(&file, VERSION)) {
        return Ok(None);
    }
    node::ensure()?;
    let folder = tool_cache()?.join(PACKAGE.replace('@', "-"));
    let bin = folder.join("node_modules/.bin");
    let wasm_opt = bin.join("wasm-opt");
    if !tells_version(&wasm_opt, VERSION) {
        install(&folder)?;
        ensure!(
            tells_version(&wasm_opt, VERSION),
            "npm installed {PACKAGE}, but {} does not run",
            wasm_opt.display()
        );
    }
    Ok(Some(bin))
}

fn install(folder: &Path) -> Result<()> {
    println!("Installing wasm-opt from npm's {PACKAGE}: it makes release builds small.");
    println!("This happens once; it goes to {}.", folder.display());
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).arg(PACKAGE);
    process::run(&mut install).with_context(|| format!("{PACKAGE} could not be installed"))
}
