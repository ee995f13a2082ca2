//! Runs a script on the official client, in Node.

use crate::{recording::Recording, script::file, server::ScriptServer};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::{path::Path, process::Stdio};
use tokio::{io::AsyncWriteExt, process::Command};

/// Runs a script and returns its recording.
pub async fn run(server: &ScriptServer, name: &str) -> Result<Recording> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("official/scripts/main.js");
    let mut node = Command::new("node")
        .arg(program)
        .arg(file(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run Node; `cargo xtask test official` installs it")?;
    let mut stdin = node.stdin.take().context("Node's input is not a pipe")?;
    stdin.write_all(json!({ "url": server.url(), "tokens": server.tokens }).to_string().as_bytes()).await?;
    drop(stdin);
    let output = node.wait_with_output().await?;
    ensure!(
        output.status.success(),
        "the official client failed (`cargo xtask test official` installs it): {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
