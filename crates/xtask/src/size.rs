//! `cargo xtask size`: the download size of a small app, and whether it is within its budget.

use std::{fs, io::Read, iter::Sum, ops::Sub, path::Path};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, read::GzEncoder};
use xtask::brotli_size;

use crate::{
    app, process,
    setup::{Need, Toolbox},
    workspace,
};

/// The budget of the small app in bytes, compressed by brotli: a few percent above its size.
const BUDGET: usize = 170_000;

pub const NEEDS: [Need; 6] =
    [Need::WasmTarget, Need::Node, Need::WasmOpt, Need::Esbuild, Need::WasmBindgen, Need::Trunk];

/// Builds the small app with and without a client, prints the sizes and checks the budget.
pub fn run() -> Result<()> {
    let tools = Toolbox::with(&NEEDS)?;
    println!("Building a small app for production, with the client and without; this takes a few minutes.");
    let small = measure_page(&tools, "small")?;
    let bare = measure_page(&tools, "bare")?;
    print("the client: small minus bare", small - bare);
    ensure!(
        small.brotli <= BUDGET,
        "the small app is {} bytes above its budget of {BUDGET}; make it smaller, or raise BUDGET in {} \
         if the change is worth it",
        small.brotli - BUDGET,
        file!()
    );
    println!("The small app is {} bytes below its budget of {BUDGET}.", BUDGET - small.brotli);
    Ok(())
}

/// Builds a page of the benchmark as the README recommends, and sums up the sizes of its files.
fn measure_page(tools: &Toolbox, name: &str) -> Result<FileSize> {
    let dist = workspace::build_folder(&format!("size-{name}"))?;
    let mut trunk = app::build_html(tools, &format!("bench/ours/{name}.html"), &dist);
    process::run(trunk.arg("--release"))?;
    println!("\n{:40} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli");
    let files = measure_files(&dist)?;
    files.iter().for_each(|(file, size)| print(file, *size));
    let sum = files.into_iter().map(|(_, size)| size).sum();
    print(name, sum);
    Ok(sum)
}

/// The files of a folder with their sizes, recursively.
fn measure_files(folder: &Path) -> Result<Vec<(String, FileSize)>> {
    let mut files = Vec::new();
    for name in workspace::names(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            files.extend(measure_files(&path)?);
        } else {
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((name, FileSize::of(&bytes)?));
        }
    }
    Ok(files)
}

fn print(title: &str, FileSize { raw, gzip, brotli }: FileSize) {
    println!("{title:40} {raw:>9} {gzip:>9} {brotli:>9}");
}

/// A size in bytes, uncompressed and compressed.
#[derive(Debug, Clone, Copy, Default)]
struct FileSize {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl FileSize {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut gzip = Vec::new();
        GzEncoder::new(bytes, Compression::best()).read_to_end(&mut gzip)?;
        Ok(Self { raw: bytes.len(), gzip: gzip.len(), brotli: brotli_size(bytes)? })
    }
}

impl Sum for FileSize {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), |a, b| Self {
            raw: a.raw + b.raw,
            gzip: a.gzip + b.gzip,
            brotli: a.brotli + b.brotli,
        })
    }
}

impl Sub for FileSize {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { raw: self.raw - other.raw, gzip: self.gzip - other.gzip, brotli: self.brotli - other.brotli }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_text_is_smaller_when_compressed() {
        let text = b"a query, a mutation, a subscription; ".repeat(100);
        let FileSize { raw, gzip, brotli } = FileSize::of(&text).expect("writing to memory does not fail");
        assert_eq!(raw, text.len());
        assert!(brotli < gzip && gzip < 200, "{gzip}, {brotli}");
    }
}
