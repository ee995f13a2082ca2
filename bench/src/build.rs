//! How long a developer waits for cargo.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::{Instant, SystemTime},
};

use anyhow::{Context, Result, ensure};

use crate::{
    row::{Row, Unit},
    stats::Summary,
};

/// A component of the small app.
const COMPONENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ours/src/small/main.rs");
const CHECKS: usize = 5;

/// A clean release build of the small app, then checks of it after a change, all in a folder of their own.
pub fn build(out: &Path) -> Result<Vec<Row>> {
    let folder = out.join("clean");
    clear(&folder)?;
    eprintln!("build: a clean release build");
    let clean = seconds("build --profile wasm-release", &folder)?;
    eprintln!("build: cargo check after a change");
    seconds("check", &folder)?;
    let mut checks = Vec::new();
    for _ in 0..CHECKS {
        let component = fs::File::options().write(true).open(COMPONENT);
        component
            .and_then(|file| file.set_modified(SystemTime::now()))
            .context("cannot touch a component")?;
        checks.push(seconds("check", &folder)?);
    }
    clear(&folder)?;
    let row = |name: &str, ours| Row::alone(name.to_owned(), Unit::Seconds, ours);
    let checked = Summary::of(&checks).context("nothing was checked")?;
    Ok(vec![
        row("build: cargo check after touching a component", checked),
        row("build: the small app for release, from nothing", Summary::exactly(clean)),
    ])
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    Ok(())
}

/// How long cargo takes for the small app.
fn seconds(command: &str, target: &Path) -> Result<f64> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(command.split(' ')).args(["--package", "bench-ours", "--bin", "small"]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--offline", "--quiet", "--target-dir"]).arg(target);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    let start = Instant::now();
    let status = cargo.status().context("cannot start cargo")?;
    ensure!(status.success(), "cargo {command} failed");
    Ok(start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_there_to_be_touched() {
        assert!(Path::new(COMPONENT).is_file(), "{COMPONENT}");
    }
}
