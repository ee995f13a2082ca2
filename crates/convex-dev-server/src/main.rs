//! `convex-dev-server`: see `--help`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use convex_dev_server::{Options, serve};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<()> {
    let server = serve(options).await?;
    println!("Convex dev server at {}; Ctrl-C stops it.", server.url());
    println!("Sign in as alice@example.com (alice-demo) or bob@example.com (bob-demo).");
    stop_requested().await?;
    println!("Stopping.");
    server.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn stop_requested() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn stop_requested() -> Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}
