//! Components of the Rust toolchain that a minimal installation lacks.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

use super::{cargo, on_path};
use crate::{process, workspace};

const WASM: &str = "wasm32-unknown-unknown";

/// Installs rustfmt and clippy if needed.
pub fn ensure_lints() -> Result<()> {
    for component in ["clippy", "rustfmt"] {
        let subcommand = if component == "rustfmt" { "fmt" } else { component };
        if process::first_line(Command::new(cargo()).args([subcommand, "--version"])).is_none() {
            rustup(&["component", "add", component])?;
        }
    }
    Ok(())
}

/// Installs the standard library for WASM if needed.
pub fn ensure_wasm_target() -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM]).current_dir(workspace::root());
    let folder =
        process::first_line(&mut rustc).context("cannot run `rustc`; install Rust from rustup.rs")?;
    if !Path::new(&folder).is_dir() {
        rustup(&["target", "add", WASM])?;
    }
    Ok(())
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let line = format!("rustup {}", arguments.join(" "));
    if on_path("rustup").is_none() {
        bail!(
            "cannot run `{line}`: rustup is not installed\n\
             install the component with the package manager that installed Rust, or install rustup from rustup.rs"
        );
    }
    println!("Adding a component of the Rust toolchain: {line}");
    process::run(Command::new("rustup").args(arguments).current_dir(workspace::root()))
}
