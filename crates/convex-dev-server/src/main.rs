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
    // A test may stop the server as soon as it has read the address.
    let stop_requested = stop_requests()?;
    let server = serve(options).await?;
    println!("Convex dev server at {}; Ctrl-C stops it.", server.url());
    println!("Sign in as alice@example.com (alice-demo) or bob@example.com (bob-demo).");
    stop_requested.await?;
    println!("Stopping.");
    server.shutdown().await;
    Ok(())
}

/// Listens for Ctrl-C and a termination request, from the moment it returns.
#[cfg(unix)]
fn stop_requests() -> Result<impl Future<Output = Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
fn stop_requests() -> Result<impl Future<Output = Result<()>>> {
    Ok(async { Ok(tokio::signal::ctrl_c().await?) })
}
