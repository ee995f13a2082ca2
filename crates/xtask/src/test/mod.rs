//! `cargo xtask test`: all checks and tests of the project, or the named parts.

mod parts;
mod report;
mod tally;

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::{engine::BrowserChoice, setup::Toolbox};

use parts::TestPart;
use report::TestReport;

#[derive(Debug, clap::Args)]
pub struct TestOptions {
    /// The parts to run; all of them by default
    #[arg(value_enum)]
    parts: Vec<TestPart>,
    /// The browser that `wasm` and `e2e` run in; `official` always uses Chromium
    #[arg(long, value_enum, default_value_t = BrowserChoice::All)]
    browser: BrowserChoice,
    /// Arguments for the test programs: a part of a test's name, `--nocapture`, …
    #[arg(last = true, value_name = "FILTER")]
    filter: Vec<String>,
}

/// Runs the parts one after the other and prints `N passed, N failed` as the last line.
pub fn run(options: &TestOptions) -> Result<ExitCode> {
    let parts = if options.parts.is_empty() { TestPart::value_variants() } else { &options.parts };
    let engines = options.browser.engines();
    let tools = Toolbox::with(&parts::needs(parts, engines))?;
    let mut report = TestReport::new(std::io::stdout());
    for part in parts {
        part.run(&tools, engines, &options.filter, &mut report)?;
    }
    report.conclude()
}

/// The list of parts for `cargo xtask --help`.
pub fn parts_help() -> String {
    let lines = TestPart::value_variants().iter().filter_map(|part| {
        let value = part.to_possible_value()?;
        Some(format!("\n  {:10} {}", value.get_name(), value.get_help()?))
    });
    format!(
        "Parts of `cargo xtask test`, which run alone or together:{}\n\n\
         Examples:\n  cargo xtask test lint native\n  cargo xtask test native -- reconnect\n  \
         cargo xtask test wasm --browser firefox",
        lines.collect::<String>()
    )
}
