//! The project's own commands. `cargo xtask --help` lists them.

mod app;
mod bench;
mod demo;
mod engine;
mod fuzz;
mod npm;
mod process;
mod scratch_copy;
mod setup;
mod simulate;
mod size;
mod ssr_app;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::setup::{Need, Toolbox};

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The project's own commands",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build and serve the demo together with its dev server, until Ctrl-C
    Demo(demo::ServeOptions),
    /// Build and serve an example together with its dev server, until Ctrl-C
    Example(demo::ExampleOptions),
    /// Run all checks and tests, or only the named parts
    Test(test::TestOptions),
    /// Run random schedules of faults in the simulation, checking the rules after every step
    Simulate(simulate::SimulateOptions),
    /// Build a small app for production, print its download size, and fail above its budget
    Size,
    /// Fuzz the client with inputs derived from the corpora in `fuzz/`
    Fuzz(fuzz::FuzzOptions),
    /// Measure this client and the official client in the same browser
    Bench(bench::BenchOptions),
    /// Install the tools that `demo` and `test` need
    Setup,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(_) if process::interrupted() => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let matches = Cli::command().after_help(test::parts_help()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    process::end_children_on_interrupt()?;
    match cli.command {
        Command::Demo(options) => demo::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Example(options) => demo::run_example(&options).map(|()| ExitCode::SUCCESS),
        Command::Test(options) => test::run(&options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Size => size::run().map(|()| ExitCode::SUCCESS),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Bench(options) => bench::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Setup => setup().map(|()| ExitCode::SUCCESS),
    }
}

fn setup() -> Result<()> {
    println!("Looking for the tools that `demo` and `test` need, and installing the missing ones.");
    Toolbox::with(&Need::ALL)?;
    println!("All tools are installed. Next: `cargo xtask demo` or `cargo xtask test`.");
    Ok(())
}
