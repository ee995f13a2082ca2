//! Tools built from crates.io, once per version and user.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{cargo, has_version, on_path, tool_cache};
use crate::process;

/// A command-line tool on crates.io, pinned to one version.
pub struct CargoTool<'a> {
    pub package: &'a str,
    pub version: &'a str,
    /// The binaries that xtask calls; each prints its version.
    pub binaries: &'a [&'a str],
    /// Further arguments of `cargo install`.
    pub options: &'a [&'a str],
    /// Its purpose and how long its build takes, printed before the build.
    pub why: &'a str,
}

impl CargoTool<'_> {
    /// Builds the tool if needed. Returns the folder to add to the PATH; `None` if the PATH already
    /// has this version.
    pub fn ensure(&self) -> Result<Option<PathBuf>> {
        let is_pinned = |file: &Path| has_version(file, self.version);
        if self.binaries.iter().all(|name| on_path(name).is_some_and(|file| is_pinned(&file))) {
            return Ok(None);
        }
        let folder = tool_cache()?.join(format!("{}-{}", self.package, self.version));
        let bin = folder.join("bin");
        if !self.binaries.iter().all(|name| is_pinned(&bin.join(name))) {
            self.install(&folder)?;
        }
        Ok(Some(bin))
    }

    fn install(&self, folder: &Path) -> Result<()> {
        let Self { package, version, why, .. } = self;
        println!("Building {package} {version} from crates.io: {why}.");
        println!("This happens once. It is installed in {}.", folder.display());
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let mut install = Command::new(cargo());
        install.args(["install", "--force", package, "--version", &format!("={version}")]);
        install.args(self.options).arg("--root").arg(folder);
        // A folder of its own: an interrupted build continues from it, and it is removed after the
        // build.
        let build = folder.join("build");
        install.arg("--target-dir").arg(&build);
        process::run(&mut install).with_context(|| {
            format!("cannot build {package}; fix the cause shown above, then run the same command again")
        })?;
        fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
    }
}
