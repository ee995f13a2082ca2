//! `cargo xtask simulate`: simulated worlds by the thousand, in a release build.

mod sabotage;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{process::Process, setup::Toolbox};

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    seeds: Seeds,
    /// Break the client's rules one at a time, in a scratch copy, and see that worlds show it
    #[arg(long)]
    sabotage: bool,
}

#[derive(Debug, Args)]
struct Seeds {
    /// How many worlds to simulate; with `--sabotage`, how many at the most for each
    #[arg(long = "seeds", value_name = "SEEDS", default_value_t = 100_000)]
    count: u64,
    /// The seed of the first
    #[arg(long, default_value_t = 0)]
    first: u64,
}

/// Simulates worlds on all cores. What breaks a rule is made short and told.
pub fn run(options: &Options) -> Result<ExitCode> {
    if options.sabotage { sabotage::run(&options.seeds) } else { simulate(&options.seeds) }
}

fn simulate(Seeds { first, count }: &Seeds) -> Result<ExitCode> {
    let tools = Toolbox::default();
    let mut command = tools.cargo("run --release --quiet -p convex-testkit --example simulate --");
    command.args([first.to_string(), count.to_string()]);
    eprintln!("simulating {count} worlds from seed {first} on, in a release build");
    let status = Process::spawn(&mut command)?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
