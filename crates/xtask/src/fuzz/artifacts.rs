//! The inputs that a fuzzer found fault with: files that it leaves behind.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::folder;

/// A target's folder of them, and which were there before.
pub struct Artifacts {
    folder: PathBuf,
    before: BTreeSet<PathBuf>,
}

impl Artifacts {
    /// Those of a target.
    pub fn of(target: &str) -> Result<Self> {
        let folder = folder().join("artifacts").join(target);
        let before = files(&folder)?;
        Ok(Self { folder, before })
    }

    /// Those that were not there before.
    pub fn new_ones(&self) -> Result<Vec<PathBuf>> {
        Ok(files(&self.folder)?.difference(&self.before).cloned().collect())
    }
}

/// The files of a folder, which need not be there.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        files => files.and_then(|files| files.map(|file| Ok(file?.path())).collect()),
    };
    files.with_context(|| format!("cannot read {}", folder.display()))
}
