//! The project's own commands. `cargo xtask --help` lists them.

mod bench;
mod browser;
mod demo;
mod fuzz;
mod npm;
mod page;
mod process;
mod scratch_copy;
mod setup;
mod simulate;
mod size;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    page::Page,
    setup::{Need, Toolbox},
};

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
    Demo(demo::Options),
    /// The same with an example in the place of the demo
    Example(demo::ExampleOptions),
    /// Run all tests, or the named parts of them
    Test(test::Options),
    /// Simulate worlds in which everything goes wrong, and look at the rules after every step
    Simulate(simulate::Options),
    /// Build a small app for production, print how much of it travels, and fail above its budget
    Size,
    /// Look for inputs that crash the client or break its rules, from the corpora in `fuzz/` on
    Fuzz(fuzz::Options),
    /// Measure this client and the official one in one browser, side by side
    Bench(bench::Options),
    /// Install every tool that `demo` and `test` need, and nothing else
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
        Command::Demo(options) => demo::run(Page::Demo, &options).map(|()| ExitCode::SUCCESS),
        Command::Example(options) => demo::run_example(&options).map(|()| ExitCode::SUCCESS),
        Command::Test(options) => test::run(&options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Size => size::run().map(|()| ExitCode::SUCCESS),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Bench(options) => bench::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Setup => Toolbox::with(&Need::ALL).map(|_| ExitCode::SUCCESS),
    }
}
