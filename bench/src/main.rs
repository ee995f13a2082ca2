//! Measures both clients in one browser. `cargo xtask bench` builds the pages and runs this.

mod build;
mod compare;
mod findings;
mod lab;
mod link;
mod load;
mod memory;
mod part;
mod profile;
mod rendering;
mod results;
mod row;
mod side;
mod stats;
mod table;
mod transfer;
mod work;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use xtask::BenchPart;

use findings::Findings;
use lab::Lab;
use side::{CLIENTS, RENDERINGS};

/// Measures the same work in convex-leptos and convex/react in the same browser, and the same app
/// rendered on a server and in the browser only.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct RunnerOptions {
    /// The parts to measure; all of them by default
    #[arg(value_enum)]
    parts: Vec<BenchPart>,
    /// How often each client is measured
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Also write the figures to `results.json`
    #[arg(long)]
    json: bool,
    /// Record a `.cpuprofile` of each client's last run of a timed page
    #[arg(long)]
    profile: bool,
    /// Folder of the built pages
    #[arg(long, value_name = "FOLDER")]
    pages: PathBuf,
    /// The server of `examples/ssr`
    #[arg(long, value_name = "FILE")]
    web_server: PathBuf,
    /// Folder of the files of `examples/ssr`
    #[arg(long, value_name = "FOLDER")]
    site: PathBuf,
    /// Folder of a copy of the project in which `build` edits a component
    #[arg(long, value_name = "FOLDER")]
    checkout: PathBuf,
    /// Folder for output
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&RunnerOptions::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &RunnerOptions) -> Result<ExitCode> {
    let parts = if options.parts.is_empty() { BenchPart::value_variants() } else { &options.parts };
    let lab = Lab::open(options.pages.clone(), options.out.clone(), options.profile).await?;
    let (mut clients, mut renderings) = (Findings::default(), Findings::default());
    for &part in parts {
        let findings = if part == BenchPart::Ssr { &mut renderings } else { &mut clients };
        part::measure(part, &lab, options, findings).await;
    }
    lab.close().await;
    if !clients.rows.is_empty() {
        println!("\n{}", table::table(&clients.rows, CLIENTS));
    }
    if !renderings.rows.is_empty() {
        let conditions = rendering::conditions(options.rounds);
        println!("\n{conditions}\n\n{}", table::table(&renderings.rows, RENDERINGS));
    }
    if options.json {
        results::write(&options.out, &clients.rows, &renderings.rows)?;
    }
    let errors: Vec<_> = clients.errors.into_iter().chain(renderings.errors).collect();
    for error in &errors {
        eprintln!("error: {error:#}");
    }
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
