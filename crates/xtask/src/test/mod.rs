//! `cargo xtask test`: every check and test of the project, or the parts one names.

mod parts;
mod report;
mod tally;

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::{browser::Browsers, setup::Toolbox};

use parts::Part;
use report::Report;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Which parts to run; all if none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// The browser that `wasm` and `e2e` run in; `official` always uses Chromium
    #[arg(long, value_enum, default_value_t = Browsers::All)]
    browser: Browsers,
    /// Arguments of the tests themselves: a part of a test's name, `--nocapture`, …
    #[arg(last = true, value_name = "FILTER")]
    filter: Vec<String>,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let parts = if options.parts.is_empty() { Part::value_variants() } else { &options.parts };
    let browsers = options.browser.list();
    let tools = Toolbox::with(&parts::needs(parts, browsers))?;
    let mut report = Report::new(std::io::stdout());
    for part in parts {
        part.run(&tools, browsers, &options.filter, &mut report)?;
    }
    report.conclude()
}

/// The list of parts for `cargo xtask --help`.
pub fn parts_help() -> String {
    let lines = Part::value_variants().iter().filter_map(|part| {
        let value = part.to_possible_value()?;
        Some(format!("\n  {:10} {}", value.get_name(), value.get_help()?))
    });
    format!(
        "Parts of `cargo xtask test`, to be run alone or together:{}\n\n\
         Examples:\n  cargo xtask test lint native\n  cargo xtask test native -- reconnect\n  \
         cargo xtask test wasm --browser firefox",
        lines.collect::<String>()
    )
}
