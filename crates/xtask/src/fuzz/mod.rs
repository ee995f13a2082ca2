//! `cargo xtask fuzz`: looks for inputs that bring about what must not be, from the committed
//! corpora on.

mod artifacts;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::{
    process::{self, Process},
    setup::{Need, Toolbox},
    workspace,
};
use artifacts::Artifacts;

/// What libFuzzer is told besides how long: the memory it may use, how many seconds one input may
/// take, and how long it may be.
const LIMITS: [&str; 3] = ["-rss_limit_mb=1024", "-timeout=30", "-max_len=8192"];

#[derive(Debug, Args)]
pub struct Options {
    /// What to fuzz; everything, one after the other, if nothing is named
    #[arg(value_enum)]
    target: Option<Target>,
    /// For how many seconds to fuzz each
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// A binary of `fuzz/`, and its corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Target {
    /// Frames of a server, to a client that has asked for everything
    ServerFrames,
    /// The value codec, and serde types of users
    Values,
    /// What tokens say of themselves
    Claims,
    /// Simulated worlds, under the rules of the simulation
    Operations,
}

impl Target {
    fn name(self) -> String {
        self.to_possible_value().expect("no target is hidden").get_name().to_owned()
    }
}

/// Fuzzes for a while. What crashes is kept, and told how to replay.
pub fn run(options: &Options) -> Result<ExitCode> {
    let tools = Toolbox::with(&[Need::CargoFuzz])?;
    let one = options.target.map(|target| [target]);
    let targets = one.as_ref().map_or(Target::value_variants(), |target| target);
    println!("Building the fuzz targets, in a release build that checks for overflow");
    process::run(&mut cargo_fuzz(&tools, "build")?)?;
    let mut crashes = 0;
    for target in targets {
        crashes += usize::from(!fuzz(&tools, &target.name(), options.seconds)?);
    }
    println!("{} targets, {crashes} crashes", targets.len());
    Ok(if crashes == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a target survives.
fn fuzz(tools: &Toolbox, target: &str, seconds: u32) -> Result<bool> {
    // What is found goes to the first folder, to be gone on from the next time; the committed
    // corpus is only read.
    let scratch = workspace::build_folder("fuzz-found")?;
    let found = scratch.join(target);
    fs::create_dir_all(&found).with_context(|| format!("cannot create {}", found.display()))?;
    let artifacts = Artifacts::of(target)?;
    println!("Fuzzing {target} for {seconds} s; what leads anywhere new is kept in {}", found.display());
    let mut command = cargo_fuzz(tools, "run")?;
    command.arg(target).arg(found).arg(folder().join("corpus").join(target)).arg("--");
    command.args(LIMITS).args(["-verbosity=0", "-print_final_stats=1"]);
    command.arg(format!("-max_total_time={seconds}"));
    let (survives, log) = run_logged(&mut command, &scratch.join(format!("{target}.log")))?;
    if survives {
        println!("{target} has stood {} inputs", executed(&log).context("libFuzzer has not said how many")?);
        return Ok(true);
    }
    eprintln!("{log}");
    let new = artifacts.new_ones()?;
    if new.is_empty() {
        bail!("`{}` failed, and not by an input", process::describe(&command));
    }
    new.iter().for_each(|input| tell(target, input));
    Ok(false)
}

/// Whether a command succeeds, and what it has to say, which is much.
fn run_logged(command: &mut Command, log: &Path) -> Result<(bool, String)> {
    let file = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
    let status = Process::spawn(command.stderr(file))?.wait()?;
    let said = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok((status.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// How many inputs libFuzzer has tried.
fn executed(log: &str) -> Option<&str> {
    log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).map(str::trim)
}

fn tell(target: &str, input: &Path) {
    let input = input.strip_prefix(workspace::root()).unwrap_or(input).display();
    println!(
        "{target} crashes at {input}\n\
         To replay it, and to keep it as a test:\n    \
         cp {input} fuzz/corpus/{target}/\n    \
         cargo test -p convex-testkit --test fuzz_corpora {target}"
    );
}

/// `cargo fuzz` with this subcommand, on the stable toolchain: all code is safe but an allocator's
/// count, so no sanitizer is needed.
fn cargo_fuzz(tools: &Toolbox, subcommand: &str) -> Result<Command> {
    let mut command = tools.cargo("fuzz");
    command.current_dir(folder()).args([subcommand, "--sanitizer", "none", "--target-dir"]);
    command.arg(workspace::build_folder("fuzz")?);
    Ok(command)
}

/// The folder of the targets and their corpora.
fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}
