//! Build times with cargo.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use crate::{
    row::{FigureUnit, ResultRow},
    stats::Summary,
};

/// A component of the small app, and the text in it that is edited.
const COMPONENT: &str = "bench/ours/src/small/app.rs";
const TEXT: &str = "Say hello";
const CHECKS: usize = 5;

/// Measures a clean release build of the small app, then `cargo check` after each of several edits,
/// in a copy of the checkout with its own target folder.
pub fn build(checkout: &Path, out: &Path) -> Result<Vec<ResultRow>> {
    let target = out.join("clean");
    clear(&target)?;
    eprintln!("build: a clean release build");
    let clean = seconds("build --profile wasm-release", checkout, &target)?;
    eprintln!("build: cargo check after a change");
    seconds("check", checkout, &target)?;
    let component = checkout.join(COMPONENT);
    let original =
        fs::read_to_string(&component).with_context(|| format!("cannot read {}", component.display()))?;
    let mut checks = Vec::new();
    for edit in 1..=CHECKS {
        fs::write(&component, edited(&original, edit)?)
            .with_context(|| format!("cannot write {}", component.display()))?;
        checks.push(seconds("check", checkout, &target)?);
    }
    clear(&target)?;
    let row = |name: &str, ours| ResultRow::alone(name.to_owned(), FigureUnit::Seconds, ours);
    let checked = Summary::of(&checks).context("no check was measured")?;
    Ok(vec![
        row("build: cargo check after editing a component", checked),
        row("build: clean release build of the small app", Summary::exactly(clean)),
    ])
}

/// The component with a different text for each edit.
fn edited(component: &str, edit: usize) -> Result<String> {
    ensure!(component.contains(TEXT), "{COMPONENT} does not contain `{TEXT}`; update TEXT in {}", file!());
    Ok(component.replace(TEXT, &format!("{TEXT} {edit} times")))
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    Ok(())
}

/// The time in seconds that a cargo command takes for the small app.
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
