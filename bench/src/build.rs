//! How long a developer waits for cargo.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use crate::{
    row::{Row, Unit},
    stats::Summary,
};

/// A component of the small app, and a text in it that is edited.
const COMPONENT: &str = "bench/ours/src/small/app.rs";
const TEXT: &str = "Say hello";
const CHECKS: usize = 5;

/// A clean release build of the small app, then checks of it after each of some edits: in a copy of
/// the checkout, with a target folder of its own.
pub fn build(checkout: &Path, out: &Path) -> Result<Vec<Row>> {
    let target = out.join("clean");
    clear(&target)?;
    eprintln!("build: a clean release build");
    let clean = seconds("build --profile wasm-release", checkout, &target)?;
    eprintln!("build: cargo check after a change");
    seconds("check", checkout, &target)?;
    let component = checkout.join(COMPONENT);
    let written = fs::read_to_string(&component).context("cannot read a component")?;
    let mut checks = Vec::new();
    for edit in 1..=CHECKS {
        fs::write(&component, edited(&written, edit)?).context("cannot edit a component")?;
        checks.push(seconds("check", checkout, &target)?);
    }
    clear(&target)?;
    let row = |name: &str, ours| Row::alone(name.to_owned(), Unit::Seconds, ours);
    let checked = Summary::of(&checks).context("nothing was checked")?;
    Ok(vec![
        row("build: cargo check after editing a component", checked),
        row("build: the small app for release, from nothing", Summary::exactly(clean)),
    ])
}

/// The component with another text in its view, one for each edit.
fn edited(component: &str, edit: usize) -> Result<String> {
    ensure!(component.contains(TEXT), "there is no `{TEXT}` in {COMPONENT} to edit");
    Ok(component.replace(TEXT, &format!("{TEXT} {edit} times")))
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    Ok(())
}

/// How long cargo takes for the small app.
fn seconds(command: &str, checkout: &Path, target: &Path) -> Result<f64> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(command.split(' ')).args(["--package", "bench-ours", "--bin", "small"]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--offline", "--quiet", "--target-dir"]).arg(target);
    cargo.current_dir(checkout).stdin(Stdio::null());
    let start = Instant::now();
    let status = cargo.status().context("cannot start cargo")?;
    ensure!(status.success(), "cargo {command} failed");
    Ok(start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_edit_changes_the_component() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let component = fs::read_to_string(checkout.join(COMPONENT)).unwrap();
        let [once, twice] = [1, 2].map(|edit| edited(&component, edit).unwrap());
        assert!(component != once && once != twice);
    }
}
