//! npm packages, in the versions of a lock file.

use std::{fs, path::Path, process::Command};

use crate::setup::Toolbox;

/// The command that installs the packages of a folder; `None` if they were installed after the last
/// change of its lock file.
pub fn missing_packages(tools: &Toolbox, folder: &Path) -> Option<Command> {
    let modified = |file: &str| fs::metadata(folder.join(file)).and_then(|metadata| metadata.modified()).ok();
    if modified("node_modules/.package-lock.json") >= modified("package-lock.json") {
        return None;
    }
    let mut install = tools.command("npm");
    install.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]);
    Some(install)
}
