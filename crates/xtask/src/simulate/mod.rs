//! `cargo xtask simulate`: simulated worlds by the thousand, in a release build.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{process::Process, setup::Toolbox};

#[derive(Debug, Args)]
pub struct Options {
    /// How many worlds to simulate
    #[arg(long, default_value_t = 100_000)]
    seeds: u64,
    /// The seed of the first
    #[arg(long, default_value_t = 0)]
    first: u64,
}

/// Simulates worlds on all cores. What breaks a rule is made short and told.
pub fn run(options: &Options) -> Result<ExitCode> {
    let Options { seeds, first } = options;
    let tools = Toolbox::default();
    let mut command = tools.cargo("run --release --quiet -p convex-testkit --example simulate --");
    command.args([first.to_string(), seeds.to_string()]);
    eprintln!("simulating {seeds} worlds from seed {first} on, in a release build");
    let status = Process::spawn(&mut command)?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
