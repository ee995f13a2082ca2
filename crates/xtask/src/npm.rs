//! Packages from npm, as a lock file says.

use std::{fs, path::Path, process::Command};

use crate::setup::Toolbox;

/// What installs the packages of a folder, unless that was done since its lock file changed.
pub fn missing_packages(tools: &Toolbox, folder: &Path) -> Option<Command> {
    let changed = |file: &str| fs::metadata(folder.join(file)).and_then(|metadata| metadata.modified()).ok();
    if changed("node_modules/.package-lock.json") >= changed("package-lock.json") {
        return None;
    }
    let mut install = tools.command("npm");
    install.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]);
    Some(install)
}
