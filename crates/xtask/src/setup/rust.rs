//! The parts of the Rust toolchain that a plain installation may lack.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

use super::{cargo, on_path};
use crate::{process, workspace};

const WASM: &str = "wasm32-unknown-unknown";

/// rustfmt and clippy.
pub fn ensure_lints() -> Result<()> {
    for component in ["clippy", "rustfmt"] {
        let subcommand = if component == "rustfmt" { "fmt" } else { component };
        if process::first_line(Command::new(cargo()).args([subcommand, "--version"])).is_none() {
            rustup(&["component", "add", component])?;
        }
    }
    Ok(())
}

/// The standard library for WASM.
pub fn ensure_wasm_target() -> Result<()> {
    let mut ask = Command::new("rustc");
    ask.args(["--print", "target-libdir", "--target", WASM]).current_dir(workspace::root());
    let folder =
        process::first_line(&mut ask).context("`rustc` cannot be run; install Rust from rustup.rs")?;
    if !Path::new(&folder).is_dir() {
        rustup(&["target", "add", WASM])?;
    }
    Ok(())
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let line = format!("rustup {}", arguments.join(" "));
    if on_path("rustup").is_none() {
        bail!(
            "this Rust was not installed by rustup, so xtask cannot run `{line}`\n\
             install the same part with the package manager that Rust came from, or install Rust with rustup"
        );
    }
    println!("Adding a part of the Rust toolchain: {line}");
    process::run(Command::new("rustup").args(arguments).current_dir(workspace::root()))
}
