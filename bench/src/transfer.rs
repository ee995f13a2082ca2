//! The download size of the small app, compressed by brotli as for static files.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use xtask::brotli_size;

use crate::{
    row::{FigureUnit, Goal, ResultRow},
    side::{Both, Side},
    stats::Summary,
};

pub fn transfer(pages: &Path) -> Result<Vec<ResultRow>> {
    let [mut app, mut client, mut convex] = [Both::default(); 3];
    for side in Side::BOTH {
        eprintln!("transfer size, {side}");
        let size = |page| size(&pages.join(side.folder()), page);
        let small = size("small.html")?;
        *app.of_mut(side) = small;
        *client.of_mut(side) = small - size("bare.html")?;
        *convex.of_mut(side) = small - size("no_convex.html")?;
    }
    let row = |name: &str, sizes: Both<f64>, goal| {
        let Both { ours, theirs } = sizes.map(|size| Summary::exactly(*size));
        let row = ResultRow::alone(name.to_owned(), FigureUnit::Kilobytes, ours);
        ResultRow { theirs: Some(theirs), goal, ..row }
    };
    Ok(vec![
        row("transfer size of the small app", app, Some(Goal::Ours(130.0))),
        row("transfer size, without the framework", client, None),
        row("transfer size, Convex's own share", convex, Some(Goal::Ours(62.0))),
    ])
}

/// The kilobytes of a text or file after compression.
pub fn kilobytes(bytes: &[u8]) -> Result<f64> {
    const KILOBYTE: f64 = 1e3;
    Ok(brotli_size(bytes)? as f64 / KILOBYTE)
}

/// The kilobytes of a page with all files that it loads from its folder.
fn size(folder: &Path, page: &str) -> Result<f64> {
    let files = loaded(folder, page)?;
    files.into_iter().map(|file| kilobytes(&read(&folder.join(file))?)).sum()
}

/// The files that a page loads.
///
/// A file is loaded if its path occurs in the text of a loaded file, starting from the page. Each
/// file is read once, so the search ends. It costs one search per pair of files.
fn loaded(folder: &Path, page: &str) -> Result<BTreeSet<PathBuf>> {
    let files = files_below(folder, Path::new(""))?;
    let mut loaded = BTreeSet::from([PathBuf::from(page)]);
    let mut unread = vec![PathBuf::from(page)];
    while let Some(next) = unread.pop() {
        let text = String::from_utf8_lossy(&read(&folder.join(next))?).into_owned();
        for file in &files {
            if text.contains(&*file.to_string_lossy()) && loaded.insert(file.clone()) {
                unread.push(file.clone());
            }
        }
    }
    Ok(loaded)
}

/// All files below a folder, with paths relative to `root`.
pub fn files_below(root: &Path, inner: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join(inner);
    let mut files = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot read the pages in {}", folder.display()))?
    {
        let entry = entry?;
        let path = inner.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            files.extend(files_below(root, &path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn page_loads_files_named_in_its_files_transitively() {
        let folder = env::temp_dir().join(format!("convex-bench-{}", std::process::id()));
        fs::create_dir_all(folder.join("snippets")).unwrap();
        for (name, text) in [
            ("small.html", "<script src='/ours/small-1.js'>"),
            ("small-1.js", "import './snippets/inline0.js'"),
            ("snippets/inline0.js", ""),
            ("work.html", "<script src='/ours/work-2.js'>"),
            ("work-2.js", ""),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }

        let loaded = loaded(&folder, "small.html");

        fs::remove_dir_all(&folder).unwrap();
        let expected = ["small-1.js", "small.html", "snippets/inline0.js"].map(PathBuf::from);
        assert_eq!(loaded.unwrap(), BTreeSet::from(expected));
    }
}
