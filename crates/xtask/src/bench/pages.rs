//! Builds the pages of both clients, and the browser-only app, as their users build them for
//! production.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{app, npm, process, setup::Toolbox, ssr_app, workspace};

/// The cargo profile that the README recommends.
const PROFILE: &str = "wasm-release";
const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the pages of both clients into this folder, except pages with unchanged sources.
pub fn build_clients(tools: &Toolbox, pages: &Path) -> Result<()> {
    build_ours(tools, &pages.join("ours"))?;
    build_theirs(tools, &pages.join("theirs"))?;
    replace(&source("page"), &pages.join("page"))?;
    compress_files(&pages.join("page"))
}

/// Builds the pages in convex-leptos: Trunk builds each into its own folder, then all are copied
/// into one.
fn build_ours(tools: &Toolbox, folder: &Path) -> Result<()> {
    println!("Building the pages of bench/ours; the first build takes a few minutes.");
    let binaries = format!("build --package bench-ours --bins --profile {PROFILE} --target {TARGET}");
    process::run(&mut tools.cargo(&binaries))?;
    clear(folder)?;
    for html in html_files(&source("ours"))? {
        let binary = binary_of(&source("ours").join(&html))?;
        let page = TrunkPage { folder: "ours", html: &html, binary: &binary, url: "/ours/" };
        copy(&page.build(tools)?, folder)?;
    }
    Ok(())
}

/// Builds the app of the server-rendered example for the browser only, below this folder.
pub fn build_browser_only(tools: &Toolbox, pages: &Path) -> Result<()> {
    const PACKAGE: &str = "bench-browser-only";
    println!("Building the page of bench/browser_only.");
    process::run(
        &mut tools.cargo(&format!("build --package {PACKAGE} --profile {PROFILE} --target {TARGET}")),
    )?;
    let folder = pages.join("browser_only");
    let page = TrunkPage { folder: "browser_only", html: "index.html", binary: PACKAGE, url: "/" };
    replace(&page.build(tools)?, &folder)
}

/// A page that Trunk builds.
struct TrunkPage<'a> {
    /// Its folder in `bench`.
    folder: &'a str,
    html: &'a str,
    binary: &'a str,
    /// The path from which its files are served.
    url: &'a str,
}

impl TrunkPage<'_> {
    /// Builds the page unless it is newer than its binary and its HTML; returns the folder of its
    /// files.
    fn build(&self, tools: &Toolbox) -> Result<PathBuf> {
        let Self { folder, html, binary, url } = self;
        let dist = workspace::build_folder(&format!("bench-{folder}-{html}"))?;
        let wasm = workspace::target()?.join(TARGET).join(PROFILE).join(format!("{binary}.wasm"));
        // The last file of a build.
        let built = modified(&dist.join(format!("{html}.br")));
        if built.is_none() || built < modified(&wasm) || built < modified(&source(folder).join(html)) {
            let mut trunk = app::build_html(tools, &format!("bench/{folder}/{html}"), &dist);
            trunk.args(["--release", "--public-url", url, "--html-output", html]);
            process::run(&mut trunk)?;
            compress_files(&dist)?;
        }
        Ok(dist)
    }
}

/// Builds the pages in convex/react.
fn build_theirs(tools: &Toolbox, folder: &Path) -> Result<()> {
    println!("Building the pages of bench/theirs.");
    let source = source("theirs");
    if let Some(mut install) = npm::missing_packages(tools, &source) {
        process::run(&mut install)?;
    }
    clear(folder)?;
    process::run(tools.command("node").current_dir(&source).arg("build.js").arg(folder))?;
    compress_files(folder)
}

/// Writes the compressed files of a folder beside its own, recursively.
fn compress_files(folder: &Path) -> Result<()> {
    for name in workspace::names(folder)? {
        let path = folder.join(&name);
        if path.is_dir() {
            compress_files(&path)?;
        } else if !name.ends_with(".br") {
            ssr_app::compress(&path)?;
        }
    }
    Ok(())
}

/// A folder of the benchmark in this checkout.
fn source(name: &str) -> PathBuf {
    workspace::root().join("bench").join(name)
}

/// The names of a folder's HTML files.
fn html_files(folder: &Path) -> Result<Vec<String>> {
    let names = workspace::names(folder)?;
    Ok(names.into_iter().filter(|name| name.ends_with(".html")).collect())
}

/// The binary of an HTML file. Pages with different HTML may share one.
fn binary_of(html: &Path) -> Result<String> {
    let text = fs::read_to_string(html).with_context(|| format!("cannot read {}", html.display()))?;
    let name = data_bin(&text).with_context(|| format!("{} has no data-bin", html.display()))?;
    Ok(name.to_owned())
}

fn data_bin(html: &str) -> Option<&str> {
    let (_, name) = html.split_once("data-bin=\"")?;
    name.split('"').next()
}

fn modified(file: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

fn replace(from: &Path, to: &Path) -> Result<()> {
    clear(to)?;
    copy(from, to)
}

/// Removes the folder's contents, or creates it.
fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
    .with_context(|| format!("cannot clear {}", folder.display()))
}

/// Copies the contents of a folder into another, recursively.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for name in workspace::names(from)? {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_is_named_in_the_html() {
        let html = "<link data-trunk rel=\"rust\" data-bin=\"small\" data-wasm-opt=\"3\" />";
        assert_eq!(data_bin(html), Some("small"));
        assert_eq!(data_bin("<link data-trunk rel=\"rust\" />"), None);
    }
}
