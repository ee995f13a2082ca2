//! `cargo xtask fuzz`: looks for inputs that crash the client or break its rules, starting from the
//! committed corpora.

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

/// Limits for libFuzzer: memory in MB, seconds per input, and bytes per input.
const LIMITS: [&str; 3] = ["-rss_limit_mb=1024", "-timeout=30", "-max_len=8192"];

#[derive(Debug, Args)]
pub struct FuzzOptions {
    /// The target to fuzz; all of them, one after the other, by default
    #[arg(value_enum)]
    target: Option<FuzzTarget>,
    /// How many seconds to fuzz each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// A binary in `fuzz/fuzz_targets` with its corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum FuzzTarget {
    /// Server frames, sent to a client with subscriptions and requests
    ServerFrames,
    /// The value codec, and serde types of users
    Values,
    /// The JSON codec, compared with serde_json
    Json,
    /// The claims of tokens
    Claims,
    /// Schedules of the simulation, checked by its rules
    Operations,
}

impl FuzzTarget {
    fn name(self) -> String {
        self.to_possible_value().expect("no target is hidden").get_name().to_owned()
    }
}

/// Fuzzes the chosen targets. Prints how to replay each crash.
pub fn run(options: &FuzzOptions) -> Result<ExitCode> {
    let tools = Toolbox::with(&[Need::CargoFuzz])?;
    let one = options.target.map(|target| [target]);
    let targets = one.as_ref().map_or(FuzzTarget::value_variants(), |target| target);
    println!("Building the fuzz targets in release mode with overflow checks; this takes a few minutes.");
    process::run(&mut cargo_fuzz(&tools, "build")?)?;
    let mut crashes = 0;
    for target in targets {
        crashes += usize::from(!fuzz(&tools, &target.name(), options.seconds)?);
    }
    println!("{} targets, {crashes} crashes", targets.len());
    Ok(if crashes == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fuzzes one target; returns whether it ran without a crash.
fn fuzz(tools: &Toolbox, target: &str, seconds: u32) -> Result<bool> {
    // libFuzzer writes new inputs to the first folder, so the next run continues from them; it only
    // reads the committed corpus.
    let scratch = workspace::build_folder("fuzz-found")?;
    let found = scratch.join(target);
    fs::create_dir_all(&found).with_context(|| format!("cannot create {}", found.display()))?;
    let artifacts = Artifacts::of(target)?;
    println!("Fuzzing {target} for {seconds} s; inputs that reach new code are saved in {}", found.display());
    let mut command = cargo_fuzz(tools, "run")?;
    command.arg(target).arg(found).arg(folder().join("corpus").join(target)).arg("--");
    command.args(LIMITS).args(["-verbosity=0", "-print_final_stats=1"]);
    command.arg(format!("-max_total_time={seconds}"));
    let (succeeded, log) = run_logged(&mut command, &scratch.join(format!("{target}.log")))?;
    if succeeded {
        let inputs = executed(&log).context("libFuzzer did not print how many inputs it ran")?;
        println!("{target}: {inputs} inputs, no crash");
        return Ok(true);
    }
    eprintln!("{log}");
    let crashes = artifacts.new_files()?;
    if crashes.is_empty() {
        bail!("`{}` failed without a crashing input; its output is above", process::describe(&command));
    }
    crashes.iter().for_each(|input| print_replay(target, input));
    Ok(false)
}

/// Runs a command with its standard error in a log file, which is long. Returns whether the command
/// succeeded, and the log.
fn run_logged(command: &mut Command, log: &Path) -> Result<(bool, String)> {
    let file = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
    let status = Process::spawn(command.stderr(file))?.wait()?;
    let output = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok((status.success(), String::from_utf8_lossy(&output).into_owned()))
}

/// How many inputs libFuzzer ran.
fn executed(log: &str) -> Option<&str> {
    log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:")).map(str::trim)
}

fn print_replay(target: &str, input: &Path) {
    let input = input.strip_prefix(workspace::root()).unwrap_or(input).display();
    println!(
        "{target} crashes with the input {input}\n\
         To replay it and keep it as a test:\n    \
         cp {input} fuzz/corpus/{target}/\n    \
         cargo test -p convex-testkit --test fuzz_corpora {target}"
    );
}

/// `cargo fuzz` with this subcommand, on the stable toolchain and without a sanitizer: the only
/// unsafe code is an allocator that counts bytes.
fn cargo_fuzz(tools: &Toolbox, subcommand: &str) -> Result<Command> {
    let mut command = tools.cargo("fuzz");
    command.current_dir(folder()).args([subcommand, "--sanitizer", "none", "--target-dir"]);
    command.arg(workspace::build_folder("fuzz")?);
    Ok(command)
}

/// The folder of the fuzz targets and their corpora.
fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}
