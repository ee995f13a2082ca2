//! Tools from npm, installed once per version and user.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::{has_version, node, on_path, tool_cache};
use crate::process;

/// A command-line tool on npm, pinned to one version.
pub struct NpmTool<'a> {
    pub package: &'a str,
    pub version: &'a str,
    /// The binary that is called.
    pub binary: &'a str,
    /// The version that the binary prints.
    pub printed_version: &'a str,
    /// Its purpose, printed before the installation.
    pub why: &'a str,
}

/// wasm-opt, which Trunk calls in release builds. It prints only the first part of its version.
pub const WASM_OPT: NpmTool<'_> = NpmTool {
    package: "binaryen",
    version: "132.0.0",
    binary: "wasm-opt",
    printed_version: "132",
    why: "it makes the WASM of release builds smaller",
};

/// esbuild, which a hook in `Trunk.toml` calls in release builds. In the version of
/// `bench/theirs/package.json`.
pub const ESBUILD: NpmTool<'_> = NpmTool {
    package: "esbuild",
    version: "0.27.0",
    binary: "esbuild",
    printed_version: "0.27.0",
    why: "it makes the JavaScript of release builds smaller",
};

impl NpmTool<'_> {
    /// Installs the tool if needed. Returns the folder to add to the PATH; `None` if the PATH
    /// already has this version.
    pub fn ensure(&self) -> Result<Option<PathBuf>> {
        let is_pinned = |file: &Path| has_version(file, self.printed_version);
        if on_path(self.binary).is_some_and(|file| is_pinned(&file)) {
            return Ok(None);
        }
        node::ensure()?;
        let folder = tool_cache()?.join(format!("{}-{}", self.package, self.version));
        let bin = folder.join("node_modules/.bin");
        let binary = bin.join(self.binary);
        if !is_pinned(&binary) {
            self.install(&folder)?;
            ensure!(
                is_pinned(&binary),
                "npm installed {}, but {} does not run",
                self.package,
                binary.display()
            );
        }
        Ok(Some(bin))
    }

    fn install(&self, folder: &Path) -> Result<()> {
        let Self { package, version, binary, why, .. } = self;
        println!("Installing {binary} from npm's {package}@{version}: {why}.");
        println!("This happens once. It is installed in {}.", folder.display());
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let mut install = Command::new("npm");
        install.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder);
        install.arg(format!("{package}@{version}"));
        process::run(&mut install).with_context(|| {
            format!("cannot install {package}; fix the cause shown above, then run the same command again")
        })
    }
}
