//! Node, which runs Convex's official client against the dev server.

use std::process::Command;

use anyhow::{Result, bail};

use super::{apt, on_path};
use crate::process;

/// The oldest supported Node version: its test runner is used.
const OLDEST: u32 = 18;

/// Installs Node with npm if needed.
pub fn ensure() -> Result<()> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        apt::install("Node with npm", &["nodejs", "npm"])?;
    }
    let version = process::first_line(Command::new("node").arg("--version"));
    match version.as_deref().and_then(major) {
        Some(major) if major >= OLDEST => Ok(()),
        _ => bail!(
            "Node {OLDEST} or later is needed, but `node --version` prints {}; install a newer one from nodejs.org",
            version.as_deref().unwrap_or("nothing")
        ),
    }
}

/// The 20 of `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}
