//! wasm-opt, which Trunk calls to make a release build's WASM smaller.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::{has_version, node, on_path, tool_cache};
use crate::process;

/// The npm package. Its binaries print only the first part of the version.
const PACKAGE: &str = "binaryen@132.0.0";
const VERSION: &str = "132";

/// Installs wasm-opt if needed; returns the folder to add to the PATH, if any.
pub fn ensure() -> Result<Option<PathBuf>> {
    if on_path("wasm-opt").is_some_and(|file| has_version(&file, VERSION)) {
        return Ok(None);
    }
    node::ensure()?;
    let folder = tool_cache()?.join(PACKAGE.replace('@', "-"));
    let bin = folder.join("node_modules/.bin");
    let wasm_opt = bin.join("wasm-opt");
    if !has_version(&wasm_opt, VERSION) {
        install(&folder)?;
        ensure!(
            has_version(&wasm_opt, VERSION),
            "npm installed {PACKAGE}, but {} does not run",
            wasm_opt.display()
        );
    }
    Ok(Some(bin))
}

fn install(folder: &Path) -> Result<()> {
    println!("Installing wasm-opt from npm's {PACKAGE}: it makes release builds smaller.");
    println!("This happens once. It is installed in {}.", folder.display());
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).arg(PACKAGE);
    process::run(&mut install).with_context(|| {
        format!("cannot install {PACKAGE}; fix the cause shown above, then run the same command again")
    })
}
