//! Lets the official client play a script, in Node.

use crate::{recording::Recording, script::file, stage::Stage};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::{path::Path, process::Stdio};
use tokio::{io::AsyncWriteExt, process::Command};

/// Plays a script, and says what came of it.
pub async fn play(stage: &Stage, name: &str) -> Result<Recording> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("official/scripts/main.js");
    let mut node = Command::new("node")
        .arg(program)
        .arg(file(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run Node; `cargo xtask test official` installs what is needed")?;
    let mut stdin = node.stdin.take().context("its input is a pipe")?;
    stdin.write_all(json!({ "url": stage.url(), "tokens": stage.tokens }).to_string().as_bytes()).await?;
    drop(stdin);
    let output = node.wait_with_output().await?;
    ensure!(
        output.status.success(),
        "the official client (which `cargo xtask test official` installs) failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
