//! `cargo xtask simulate`: runs seeds of the simulation in a release build.

mod sabotage;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{process::Process, setup::Toolbox};

#[derive(Debug, Args)]
pub struct SimulateOptions {
    #[command(flatten)]
    seeds: Seeds,
    /// Break the client's rules one at a time, in a scratch copy, and check that the simulation
    /// detects each
    #[arg(long)]
    sabotage: bool,
}

#[derive(Debug, Args)]
struct Seeds {
    /// How many seeds to simulate; with `--sabotage`, at most this many for each patch
    #[arg(long = "seeds", value_name = "SEEDS", default_value_t = 100_000)]
    count: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    first: u64,
}

/// Simulates seeds on all cores. A schedule that violates a rule is shrunk and printed.
pub fn run(options: &SimulateOptions) -> Result<ExitCode> {
    if options.sabotage { sabotage::run(&options.seeds) } else { simulate(&options.seeds) }
}

fn simulate(Seeds { first, count }: &Seeds) -> Result<ExitCode> {
    let tools = Toolbox::default();
    let mut command = tools.cargo("run --release --quiet -p convex-testkit --example simulate --");
    command.args([first.to_string(), count.to_string()]);
    eprintln!("building the simulation in release mode, then running {count} seeds from seed {first}");
    let status = Process::spawn(&mut command)?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
