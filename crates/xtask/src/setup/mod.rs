//! Finds the tools that a command needs and installs the missing ones.

mod apt;
mod cargo_fuzz;
mod cargo_tool;
mod chromium;
mod firefox;
mod node;
mod npm_tool;
mod rust;
mod trunk;
mod wasm_bindgen;
mod webkit;

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{process, workspace};

use chromium::Chromium;

/// A tool that a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// rustfmt and clippy.
    Lints,
    /// The standard library for `wasm32-unknown-unknown`.
    WasmTarget,
    /// wasm-bindgen's command-line tools, in the version of `Cargo.lock`.
    WasmBindgen,
    /// Trunk, which builds and serves the demo.
    Trunk,
    /// wasm-opt, which Trunk calls in release builds.
    WasmOpt,
    /// esbuild, which a hook in `Trunk.toml` calls in release builds.
    Esbuild,
    /// Chromium and chromedriver.
    Chromium,
    /// Firefox and geckodriver.
    Firefox,
    /// WebKitGTK's browser, its driver, and a virtual display.
    WebKit,
    /// Node and npm, for the official client.
    Node,
    /// cargo-fuzz, for `cargo xtask fuzz` only.
    CargoFuzz,
}

impl Need {
    /// The tools for `demo` and `test`, in installation order: those that can fail without root
    /// come before those that take minutes to build.
    pub const ALL: [Need; 10] = [
        Self::Lints,
        Self::WasmTarget,
        Self::Chromium,
        Self::WebKit,
        Self::Firefox,
        Self::Node,
        Self::WasmOpt,
        Self::Esbuild,
        Self::WasmBindgen,
        Self::Trunk,
    ];
}

/// The tools that were found or installed. Creates commands that use them.
#[derive(Debug, Default)]
pub struct Toolbox {
    folders: Vec<PathBuf>,
    variables: Vec<(&'static str, OsString)>,
}

impl Toolbox {
    /// Finds all of `needs`, installing those that are missing.
    ///
    /// # Errors
    ///
    /// A tool cannot be installed; the message says which, and the command that installs it.
    pub fn with(needs: &[Need]) -> Result<Self> {
        let mut toolbox = Self::default();
        for need in needs {
            match need {
                Need::Lints => rust::ensure_lints()?,
                Need::WasmTarget => rust::ensure_wasm_target()?,
                Need::WasmBindgen => toolbox.folders.extend(wasm_bindgen::ensure()?),
                Need::Trunk => {
                    toolbox.folders.extend(trunk::ensure()?);
                    trunk::fetch_crates(&toolbox)?;
                }
                Need::WasmOpt => toolbox.folders.extend(npm_tool::WASM_OPT.ensure()?),
                Need::Esbuild => toolbox.folders.extend(npm_tool::ESBUILD.ensure()?),
                Need::Node => node::ensure()?,
                Need::CargoFuzz => toolbox.folders.extend(cargo_fuzz::ensure()?),
                Need::Chromium => {
                    let Chromium { browser, driver } = chromium::ensure()?;
                    toolbox.variables.push(("CHROMIUM", browser.into()));
                    toolbox.variables.push(("CHROMEDRIVER", driver.into()));
                }
                Need::Firefox => toolbox.folders.extend(firefox::ensure()?),
                Need::WebKit => webkit::ensure()?,
            }
        }
        Ok(toolbox)
    }

    /// A command that runs in the workspace's root with the tools on its PATH.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(env::split_paths(&inherited));
        let path = env::join_paths(folders).expect("folders taken from a PATH can be joined again");
        let mut command = Command::new(program);
        command.current_dir(workspace::root()).env("PATH", path).envs(self.variables.iter().cloned());
        command
    }

    /// `cargo` with these arguments, separated by spaces.
    pub fn cargo(&self, words: &str) -> Command {
        let mut command = self.command(cargo());
        command.args(words.split_whitespace());
        command
    }
}

/// The cargo that runs xtask, or the one on the PATH.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The first file named `name` in the folders of the PATH.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether this file can be run and prints this version, as in `trunk 0.21.14`,
/// `wasm-bindgen 0.2.100 (…)` or `wasm-opt version 132 (version_132)`.
fn has_version(file: &Path, version: &str) -> bool {
    process::first_line(Command::new(file).arg("--version"))
        .is_some_and(|line| line.split_whitespace().any(|word| word == version))
}

/// `tools/` in this user's cache folder.
fn tool_cache() -> Result<PathBuf> {
    let cache = match env::var_os("XDG_CACHE_HOME") {
        Some(cache) if Path::new(&cache).is_absolute() => PathBuf::from(cache),
        _ => env::home_dir()
            .context("there is no home folder to install tools in; set XDG_CACHE_HOME to a folder")?
            .join(".cache"),
    };
    Ok(cache.join("convex-leptos").join("tools"))
}
