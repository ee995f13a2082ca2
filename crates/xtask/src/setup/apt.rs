//! Packages of Debian and Ubuntu. As root xtask installs them, otherwise it prints the command.

use std::process::Command;

use anyhow::{Result, bail};
use nix::unistd::Uid;

use super::on_path;
use crate::process;

/// Installs `what`, which is in these packages.
///
/// # Errors
///
/// This is not Debian or Ubuntu, the user is not root, or `apt-get` fails.
pub fn install(what: &str, packages: &[&str]) -> Result<()> {
    let packages = packages.join(" ");
    if on_path("apt-get").is_none() {
        bail!(
            "{what} is missing; install it with your package manager, then run this command again \
             (the packages on Debian and Ubuntu: {packages})"
        );
    }
    if !Uid::effective().is_root() {
        bail!(
            "{what} is missing, and only root can install it; run\n\n    \
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
