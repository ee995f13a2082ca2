//! Builds both sides' pages, as their users build them for production.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{npm, page, process, setup::Toolbox, workspace};

/// What the README tells users to build with.
const PROFILE: &str = "wasm-release";
const TARGET: &str = "wasm32-unknown-unknown";

/// Builds all pages into this folder, anew where something changed.
pub fn build(tools: &Toolbox, pages: &Path) -> Result<()> {
    build_ours(tools, &pages.join("ours"))?;
    build_theirs(tools, &pages.join("theirs"))?;
    replace(&source("page"), &pages.join("page"))
}

/// Builds the pages in convex-leptos: each apart, by Trunk, then put together.
fn build_ours(tools: &Toolbox, folder: &Path) -> Result<()> {
    println!("Building the pages of bench/ours; the first time their dependencies take a few minutes.");
    let binaries = format!("build --package bench-ours --bins --profile {PROFILE} --target {TARGET}");
    process::run(&mut tools.cargo(&binaries))?;
    clear(folder)?;
    for name in html_files(&source("ours"))? {
        copy(&build_one_of_ours(tools, &name)?, folder)?;
    }
    Ok(())
}

/// Lets Trunk build a page, unless it has done so since cargo made its binary; where it is.
fn build_one_of_ours(tools: &Toolbox, name: &str) -> Result<PathBuf> {
    let dist = workspace::build_folder(&format!("bench-{name}"))?;
    let html = format!("{name}.html");
    let binary = workspace::target()?.join(TARGET).join(PROFILE).join(format!("{name}.wasm"));
    let made = changed(&dist.join(&html));
    if made.is_none() || made < changed(&binary) || made < changed(&source("ours").join(&html)) {
        let mut trunk = page::build(tools, &format!("bench/ours/{html}"), &dist);
        trunk.args(["--release", "--public-url", "/ours/", "--html-output", &html]);
        process::run(&mut trunk)?;
    }
    Ok(dist)
}

/// Builds the pages in convex/react.
fn build_theirs(tools: &Toolbox, folder: &Path) -> Result<()> {
    println!("Building the pages of bench/theirs.");
    let source = source("theirs");
    if let Some(mut install) = npm::missing_packages(tools, &source) {
        process::run(&mut install)?;
    }
    clear(folder)?;
    process::run(tools.command("node").current_dir(&source).arg("build.js").arg(folder))
}

/// A folder of the benchmark in this checkout.
fn source(name: &str) -> PathBuf {
    workspace::root().join("bench").join(name)
}

/// The names of a folder's HTML files, without their ending.
fn html_files(folder: &Path) -> Result<Vec<String>> {
    let names = workspace::names(folder)?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(".html")).map(str::to_owned).collect())
}

fn changed(file: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

fn replace(from: &Path, to: &Path) -> Result<()> {
    clear(to)?;
    copy(from, to)
}

/// Leaves an empty folder.
fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
    .with_context(|| format!("cannot clear {}", folder.display()))
}

/// Copies what is in a folder into another, with its folders.
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
