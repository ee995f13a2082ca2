//! Tools built from crates.io, each version once per user.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{cargo, on_path, tells_version, tool_cache};
use crate::process;

/// A command line tool on crates.io, pinned to one version.
pub struct CargoTool<'a> {
    pub package: &'a str,
    pub version: &'a str,
    /// The binaries of this version we call; the first one tells the version.
    pub binaries: &'a [&'a str],
    /// Further arguments of `cargo install`.
    pub options: &'a [&'a str],
    /// What it is for and how long building it takes, for the person who waits.
    pub why: &'a str,
}

impl CargoTool<'_> {
    /// The folder to put on the PATH; `None` if the PATH already has this version.
    pub fn ensure(&self) -> Result<Option<PathBuf>> {
        let is_right = |file: &Path| tells_version(file, self.version);
        if self.binaries.iter().all(|name| on_path(name).is_some_and(|file| is_right(&file))) {
            return Ok(None);
        }
        let folder = tool_cache()?.join(format!("{}-{}", self.package, self.version));
        let bin = folder.join("bin");
        if !self.binaries.iter().all(|name| is_right(&bin.join(name))) {
            self.install(&folder)?;
        }
        Ok(Some(bin))
    }

    fn install(&self, folder: &Path) -> Result<()> {
        let Self { package, version, why, .. } = self;
        println!("Building {package} {version} from crates.io: {why}.");
        println!("This happens once; it goes to {}.", folder.display());
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let mut install = Command::new(cargo());
        install.args(["install", "--force", package, "--version", &format!("={version}")]);
        install.args(self.options).arg("--root").arg(folder);
        // So that an interrupted build is taken up where it stopped, and the workspace's own folder
        // stays small.
        let build = folder.join("build");
        install.arg("--target-dir").arg(&build);
        process::run(&mut install).with_context(|| {
            format!(
                "{package} could not be built; when the reason above is mended, run the same command again"
            )
        })?;
        fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
    }
}
