//! `cargo xtask bench`: the pages of both clients, built as for production, and the runner that measures them.

mod pages;

use anyhow::Result;

use crate::{
    process,
    setup::{Need, Toolbox},
    workspace,
};

const NEEDS: [Need; 6] =
    [Need::WasmTarget, Need::Browser, Need::Node, Need::WasmOpt, Need::WasmBindgen, Need::Trunk];

#[derive(Debug, clap::Args)]
pub struct Options {
    /// What to measure, such as `cells`; bench/README.md lists all. Everything if nothing is named
    names: Vec<String>,
    /// How often each side has its turn
    #[arg(long, value_name = "N")]
    rounds: Option<u16>,
    /// Write the figures to target/bench/results.json, too
    #[arg(long)]
    json: bool,
    /// Keep CPU profiles of timed pages in target/bench, for Chromium's developer tools
    #[arg(long)]
    profile: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let tools = Toolbox::with(&NEEDS)?;
    let folder = workspace::target()?.join("bench");
    let pages = folder.join("pages");
    pages::build(&tools, &pages)?;
    println!("Building the runner; the first time its dependencies take a few minutes.");
    process::run(&mut tools.cargo("build --release --package bench"))?;

    println!("Measuring; the machine should have nothing else to do.");
    let mut runner = tools.command(workspace::target()?.join("release/bench"));
    runner.args(&options.names).arg("--pages").arg(pages).arg("--out").arg(folder);
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
