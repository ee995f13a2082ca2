//! The files that libFuzzer writes for inputs that crash a target.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::folder;

/// A target's artifact folder, and the files that it had before this run.
pub struct Artifacts {
    folder: PathBuf,
    before: BTreeSet<PathBuf>,
}

impl Artifacts {
    /// Lists the artifacts that a target has now.
    pub fn of(target: &str) -> Result<Self> {
        let folder = folder().join("artifacts").join(target);
        let before = files(&folder)?;
        Ok(Self { folder, before })
    }

    /// The artifacts written since [`Artifacts::of`].
    pub fn new_files(&self) -> Result<Vec<PathBuf>> {
        Ok(files(&self.folder)?.difference(&self.before).cloned().collect())
    }
}

/// The files of a folder; none if the folder does not exist.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        files => files.and_then(|files| files.map(|file| Ok(file?.path())).collect()),
    };
    files.with_context(|| format!("cannot read {}", folder.display()))
}
