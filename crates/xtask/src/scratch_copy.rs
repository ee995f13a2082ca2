//! Copies of the checkout that commands may change.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// Copies the tracked files, with uncommitted changes, to a folder. Removes its other contents.
pub fn make(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    for file in tracked_files()? {
        copy(&workspace::root().join(&file), &folder.join(&file))?;
    }
    Ok(())
}

fn tracked_files() -> Result<Vec<String>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(workspace::root()).output();
    let output = output.context("cannot run `git ls-files`; install git")?;
    ensure!(output.status.success(), "`git ls-files` failed: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

/// Copies a file. A tracked file that was deleted is skipped.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() {
        return Ok(());
    }
    let folder = to.parent().context("a file has no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("cannot copy to {}", to.display()))?;
    Ok(())
}
