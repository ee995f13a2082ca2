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

/// The budgets in bytes, compressed by brotli: about 1 % above the sizes, which differ with the paths of the build.
const BUDGETS: [(Part, usize); 2] = [(Part::Small, 144_000), (Part::Convex, 86_000)];

pub const NEEDS: [Need; 6] =
    [Need::WasmTarget, Need::Node, Need::WasmOpt, Need::Esbuild, Need::WasmBindgen, Need::Trunk];

/// Builds the small app whole and without some of its parts, prints the sizes of the parts and
/// checks the budgets.
pub fn run() -> Result<()> {
    let tools = Toolbox::with(&NEEDS)?;
    println!("Building a small app for production, whole and without parts; this takes a few minutes.");
    let pages = SmallApp {
        small: measure_page(&tools, "small")?,
        no_convex: measure_page(&tools, "no_convex")?,
        bare: measure_page(&tools, "bare")?,
    };
    print_title("the parts of the small app");
    Part::ALL.into_iter().for_each(|part| print(part.title(), pages.size(part)));
    for (part, budget) in BUDGETS {
        check(part, pages.size(part).brotli, budget)?;
    }
    Ok(())
}

/// A part of the small app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Leptos,
    App,
    Convex,
    Small,
    Glue,
}

/// The small app, and the same app without some of its parts.
#[derive(Debug, Clone, Copy)]
struct SmallApp {
    small: PageSize,
    /// Without Convex.
    no_convex: PageSize,
    /// Without Convex and without a session.
    bare: PageSize,
}

/// The size of a page with its files.
#[derive(Debug, Clone, Copy)]
struct PageSize {
    all: FileSize,
    scripts: FileSize,
}

impl Part {
    const ALL: [Self; 5] = [Self::Leptos, Self::App, Self::Convex, Self::Small, Self::Glue];

    fn title(self) -> &'static str {
        match self {
            Self::Leptos => "Leptos: bare",
            Self::App => "the app: no_convex minus bare",
            Self::Convex => "Convex: small minus no_convex",
            Self::Small => "the small app",
            Self::Glue => "its JavaScript, which all parts share",
        }
    }
}

impl SmallApp {
    fn size(&self, part: Part) -> FileSize {
        match part {
            Part::Leptos => self.bare.all,
            Part::App => self.no_convex.all - self.bare.all,
            Part::Convex => self.small.all - self.no_convex.all,
            Part::Small => self.small.all,
            Part::Glue => self.small.scripts,
        }
    }
}

/// Fails if a part is larger than its budget.
fn check(part: Part, size: usize, budget: usize) -> Result<()> {
    let title = part.title();
    ensure!(
        size <= budget,
        "{title}: {} bytes above the budget of {budget}; make it smaller, or raise the budget in {} if the \
         change is worth it",
        size - budget,
        file!()
    );
    println!("{title}: {} bytes below the budget of {budget}.", budget - size);
    Ok(())
}

/// Builds a page of the benchmark as the README recommends, and sums up the sizes of its files.
fn measure_page(tools: &Toolbox, name: &str) -> Result<PageSize> {
    let dist = workspace::build_folder(&format!("size-{name}"))?;
    let mut trunk = app::build_html(tools, &format!("bench/ours/{name}.html"), &dist);
    process::run(trunk.arg("--release"))?;
    let files = measure_files(&dist)?;
    let sum = |extension: &str| {
        files.iter().filter(|(file, _)| file.ends_with(extension)).map(|(_, size)| *size).sum::<FileSize>()
    };
    let page = PageSize { all: sum(""), scripts: sum(".js") };
    print_title(name);
    files.iter().for_each(|(file, size)| print(file, *size));
    print("sum", page.all);
    Ok(page)
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

fn print_title(title: &str) {
    println!("\n{title:40} {:>9} {:>9} {:>9}", "raw", "gzip", "brotli");
}

fn print(title: &str, FileSize { raw, gzip, brotli }: FileSize) {
    println!("{title:40} {raw:>9} {gzip:>9} {brotli:>9}");
}

/// A size in bytes, uncompressed and compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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

    /// A page with this many bytes, half of them scripts.
    fn page(bytes: usize) -> PageSize {
        let size = |bytes| FileSize { raw: 3 * bytes, gzip: 2 * bytes, brotli: bytes };
        PageSize { all: size(bytes), scripts: size(bytes / 2) }
    }

    #[test]
    fn parts_add_up_to_the_small_app() {
        let pages = SmallApp { small: page(160), no_convex: page(74), bare: page(40) };
        let [leptos, app, convex, small, glue] = Part::ALL.map(|part| pages.size(part).brotli);
        assert_eq!((leptos, app, convex), (40, 34, 86));
        assert_eq!((leptos + app + convex, small, glue), (160, 160, 80));
    }

    #[test]
    fn part_above_its_budget_is_an_error() {
        assert!(check(Part::Convex, 90, 90).is_ok());
        let error = check(Part::Convex, 93, 90).expect_err("it is too large").to_string();
        assert!(error.contains("Convex") && error.contains("3 bytes above the budget of 90"), "{error}");
    }

    #[test]
    fn repeated_text_is_smaller_when_compressed() {
        let text = b"a query, a mutation, a subscription; ".repeat(100);
        let FileSize { raw, gzip, brotli } = FileSize::of(&text).expect("writing to memory does not fail");
        assert_eq!(raw, text.len());
        assert!(brotli < gzip && gzip < 200, "{gzip}, {brotli}");
    }
}
