//! Debian and Ubuntu packages: installed when we are root, else asked for.

use std::process::Command;

use anyhow::{Result, bail};
use nix::unistd::Uid;

use super::on_path;
use crate::process;

/// Installs Debian packages, which give `what`.
pub fn install(what: &str, packages: &[&str]) -> Result<()> {
    let packages = packages.join(" ");
    if on_path("apt-get").is_none() {
        bail!("{what} is missing and this is not a Debian or Ubuntu; install it with your package manager");
    }
    if !Uid::effective().is_root() {
        bail!(
            "{what} is missing, and installing it takes root; run\n\n    \
             sudo apt-get update && sudo apt-get install --yes {packages}\n\nand then this command again"
        );
    }
    println!("Installing {what}: apt-get install {packages}");
    apt_get("update --quiet --quiet")?;
    apt_get(&format!("install --yes --quiet --quiet --no-install-recommends {packages}"))
}

fn apt_get(words: &str) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(words.split_whitespace()).env("DEBIAN_FRONTEND", "noninteractive");
    process::run(&mut command)
}
