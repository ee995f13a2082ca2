//! `cargo xtask bench`: builds the pages of both clients, and the server-rendered example, for
//! production, and starts the runner that measures them.

mod pages;

use std::{
    fs::{self, File},
    path::Path,
};

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;
use nix::fcntl::{Flock, FlockArg};
use xtask::BenchPart;

use crate::{
    process, scratch_copy,
    setup::{Need, Toolbox},
    ssr_app::{SsrApp, SsrProfile},
    workspace,
};

const NEEDS: [Need; 7] = [
    Need::WasmTarget,
    Need::Chromium,
    Need::Node,
    Need::WasmOpt,
    Need::Esbuild,
    Need::WasmBindgen,
    Need::Trunk,
];

#[derive(Debug, clap::Args)]
pub struct BenchOptions {
    /// The parts to measure; all of them by default
    #[arg(value_enum)]
    parts: Vec<BenchPart>,
    /// How often each client is measured
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Also write the figures to target/bench/results.json
    #[arg(long)]
    json: bool,
    /// Keep CPU profiles of timed pages in target/bench, for Chromium's developer tools
    #[arg(long)]
    profile: bool,
}

/// Builds the pages of the parts and the runner, then measures.
pub fn run(options: &BenchOptions) -> Result<()> {
    let folder = workspace::target()?.join("bench");
    let _lock = lock(&folder)?;
    let tools = Toolbox::with(&NEEDS)?;
    let (pages, checkout) = (folder.join("pages"), folder.join("checkout"));
    if options.measures(|part| part != BenchPart::Ssr) {
        pages::build_clients(&tools, &pages)?;
    }
    if options.measures(|part| part == BenchPart::Ssr) {
        println!("Building example ssr for production; the first build takes a few minutes.");
        SsrProfile::Release.build(&[SsrApp::Example], &tools)?;
        pages::build_browser_only(&tools, &pages)?;
    }
    if options.measures(|part| part == BenchPart::Build) {
        scratch_copy::make(&checkout)?;
    }
    println!("Building the runner; the first build takes a few minutes.");
    process::run(&mut tools.cargo("build --release --package bench"))?;

    println!("Measuring; stop other programs that use the CPU.");
    let mut runner = tools.command(workspace::target()?.join("release/bench"));
    let names = options.parts.iter().filter_map(BenchPart::to_possible_value);
    runner.args(names.map(|name| name.get_name().to_owned()));
    runner.arg("--pages").arg(pages).arg("--checkout").arg(checkout).arg("--out").arg(folder);
    runner.arg("--web-server").arg(SsrApp::Example.server(SsrProfile::Release)?);
    runner.arg("--site").arg(SsrApp::Example.site(SsrProfile::Release)?);
    if let Some(rounds) = options.rounds {
        runner.arg(format!("--rounds={rounds}"));
    }
    if options.json {
        runner.arg("--json");
    }
    if options.profile {
        runner.arg("--profile");
    }
    process::run(&mut runner)
}

impl BenchOptions {
    /// Whether one of the parts to measure meets a condition.
    fn measures(&self, condition: impl Fn(BenchPart) -> bool) -> bool {
        let parts = if self.parts.is_empty() { BenchPart::value_variants() } else { &self.parts };
        parts.iter().any(|&part| condition(part))
    }
}

/// Locks a folder against other runs until the result is dropped.
fn lock(folder: &Path) -> Result<Flock<File>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| {
        anyhow!(
            "cannot lock {} ({errno}): another `cargo xtask bench` is probably running; wait until it ends",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_run_cannot_lock_the_folder() {
        let folder = std::env::temp_dir().join(format!("convex-bench-lock-{}", std::process::id()));
        let first = lock(&folder).expect("no other process locks this folder");
        let second = lock(&folder).map(drop);
        drop(first);
        let third = lock(&folder).map(drop);
        fs::remove_dir_all(&folder).expect("this test created the folder");
        assert!(second.is_err_and(|error| error.to_string().contains("wait until it ends")));
        assert!(third.is_ok());
    }
}
