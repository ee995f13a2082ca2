//! `cargo xtask size`: how much of a small app a visitor downloads, and whether that is within its
//! budget.

use std::{fs, io::Read, iter::Sum, ops::Sub, path::Path};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, read::GzEncoder};
use xtask::brotli_size;

use crate::{
    page, process,
    setup::{Need, Toolbox},
    workspace,
};

/// The most bytes of the small app that may travel, compressed by brotli: a few percent more than
/// it has.
const BUDGET: usize = 170_000;

pub const NEEDS: [Need; 5] = [Need::WasmTarget, Need::Node, Need::WasmOpt, Need::WasmBindgen, Need::Trunk];

pub fn run() -> Result<()> {
    let tools = Toolbox::with(&NEEDS)?;
    println!("Building the small app with a client and without, for production; it takes a few minutes.");
    let small = weigh_page(&tools, "small")?;
    let bare = weigh_page(&tools, "bare")?;
    print("the client: small without bare", small - bare);
    ensure!(
        small.brotli <= BUDGET,
        "the small app is {} bytes over its budget of {BUDGET}; what it gets for them must be worth it to raise BUDGET in {}",
        small.brotli - BUDGET,
        file!()
    );
    println!("{} bytes are left of the small app's budget of {BUDGET}.", BUDGET - small.brotli);
    Ok(())
}

/// Builds a page of the benchmark as the README tells users to, and weighs its files.
fn weigh_page(tools: &Toolbox, name: &str) -> Result<Weight> {
    let dist = workspace::build_folder(&format!("size-{name}"))?;
    let mut trunk = page::build(tools, &format!("bench/ours/{name}.html"), &dist);
    process::run(trunk.arg("--release"))?;
    println!("\n{:40} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli");
    let files = weigh_files(&dist)?;
    files.iter().for_each(|(file, weight)| print(file, *weight));
    let sum = files.into_iter().map(|(_, weight)| weight).sum();
    print(name, sum);
    Ok(sum)
}

/// The files of a folder and those below, with their weights.
fn weigh_files(folder: &Path) -> Result<Vec<(String, Weight)>> {
    let mut files = Vec::new();
    for name in workspace::names(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            files.extend(weigh_files(&path)?);
        } else {
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((name, Weight::of(&bytes)?));
        }
    }
    Ok(files)
}

fn print(what: &str, Weight { raw, gzip, brotli }: Weight) {
    println!("{what:40} {raw:>9} {gzip:>9} {brotli:>9}");
}

/// Bytes as they are, and as they travel.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Weight {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut gzip = Vec::new();
        GzEncoder::new(bytes, Compression::best()).read_to_end(&mut gzip)?;
        Ok(Self { raw: bytes.len(), gzip: gzip.len(), brotli: brotli_size(bytes)? })
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::default(), |a, b| Self {
            raw: a.raw + b.raw,
            gzip: a.gzip + b.gzip,
            brotli: a.brotli + b.brotli,
        })
    }
}

impl Sub for Weight {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        Self { raw: self.raw - less.raw, gzip: self.gzip - less.gzip, brotli: self.brotli - less.brotli }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_twice_travels_once() {
        let text = b"a query, a mutation, a subscription; ".repeat(100);
        let Weight { raw, gzip, brotli } = Weight::of(&text).expect("memory does not fail");
        assert_eq!(raw, text.len());
        assert!(brotli < gzip && gzip < 200, "{gzip}, {brotli}");
    }
}
