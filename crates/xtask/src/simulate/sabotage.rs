//! `cargo xtask simulate --sabotage`: checks that the simulation detects broken rules.
//!
//! Each sabotage is a patch that breaks one rule of the client. It is applied to a scratch copy,
//! which is then built and simulated until a seed violates a rule, or until the seeds run out.
//! Cost: one release build and up to `--seeds` seeds for each patch.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result, bail};

use super::Seeds;
use crate::{process, scratch_copy, setup::Toolbox, workspace};

/// The folder of the patches. The first line of each describes it.
const FOLDER: &str = "crates/convex-testkit/sabotages";

/// Applies one sabotage after the other and simulates until a rule is violated.
pub fn run(seeds: &Seeds) -> Result<ExitCode> {
    let sabotages = Sabotage::all()?;
    let scratch = Scratch::copy()?;
    let mut found = 0;
    for (index, sabotage) in sabotages.iter().enumerate() {
        eprintln!("sabotage {} of {}: building and simulating", index + 1, sabotages.len());
        scratch.apply(sabotage, &[])?;
        let finding = scratch.build().and_then(|()| scratch.simulate(seeds));
        scratch.apply(sabotage, &["--reverse"])?;
        let finding = finding.with_context(|| format!("with {} applied", sabotage.name))?;
        found += usize::from(finding.is_some());
        let finding = finding.unwrap_or_else(|| format!("NOT FOUND in {} seeds", seeds.count));
        println!("{}: {finding}\n    {}", sabotage.name, sabotage.breaks);
    }
    println!("{found} of {} sabotages found", sabotages.len());
    Ok(if found == sabotages.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Sabotage {
    name: String,
    /// The patch's first line: one sentence about the broken rule.
    breaks: String,
    patch: PathBuf,
}

impl Sabotage {
    fn all() -> Result<Vec<Self>> {
        let folder = workspace::root().join(FOLDER);
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        let patches = paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "patch"));
        let mut sabotages = patches.map(Self::read).collect::<Result<Vec<_>>>()?;
        sabotages.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(sabotages)
    }

    fn read(patch: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&patch).with_context(|| format!("cannot read {}", patch.display()))?;
        let breaks = text.lines().next().unwrap_or_default().to_owned();
        let name = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, breaks, patch })
    }
}

/// A copy of the workspace to apply patches to.
struct Scratch {
    tree: PathBuf,
    target: PathBuf,
}

impl Scratch {
    fn copy() -> Result<Self> {
        let folder = workspace::build_folder("sabotage")?;
        let scratch = Self { tree: folder.join("tree"), target: folder.join("target") };
        eprintln!("copying the workspace to {}", scratch.tree.display());
        scratch_copy::make(&scratch.tree)?;
        Ok(scratch)
    }

    fn apply(&self, sabotage: &Sabotage, options: &[&str]) -> Result<()> {
        let mut git = git_apply(&self.tree, &sabotage.patch);
        process::run(git.args(options)).with_context(|| {
            format!(
                "the sabotage {} no longer applies; make the same change again and save `git diff` as the patch",
                sabotage.name
            )
        })
    }

    fn build(&self) -> Result<()> {
        let mut cargo =
            Toolbox::default().cargo("build --release --quiet -p convex-testkit --example simulate");
        // A sabotage can leave code unused.
        cargo
            .env("RUSTFLAGS", "--allow=warnings")
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "1");
        process::run(cargo.current_dir(&self.tree))
    }

    /// Runs the seeds; returns the violated rule and after how many seeds it was violated.
    fn simulate(&self, Seeds { first, count }: &Seeds) -> Result<Option<String>> {
        let mut simulate = Command::new(self.target.join("release/examples/simulate"));
        simulate.args([first.to_string(), count.to_string(), "1".to_owned()]).stderr(Stdio::null());
        let output = simulate.output().context("cannot start the simulation")?;
        finding(&String::from_utf8_lossy(&output.stdout))
    }
}

/// The violated rule and the number of seeds, from the simulation's output.
fn finding(output: &str) -> Result<Option<String>> {
    let last = output.lines().last().unwrap_or_default();
    let Some((seeds, _)) = last.split_once(" seeds, ") else {
        bail!("the simulation did not finish; the last line of its output is `{last}`")
    };
    let violation = output.lines().find_map(|line| line.strip_prefix("seed ")?.split_once(": "));
    Ok(violation.map(|(_, violation)| {
        let rule = violation.split_once(": ").map_or(violation, |(rule, _)| rule);
        format!("found after {seeds} seeds, by the rule “{rule}”")
    }))
}

/// `git apply` in a folder. Without the ceiling, git would find an enclosing repository and resolve
/// the patch's paths against its root.
fn git_apply(tree: &Path, patch: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(tree).arg("apply").arg(patch);
    git.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sabotage_applies_and_has_a_description() {
        let sabotages = Sabotage::all().expect("the folder can be read");
        assert!(sabotages.len() >= 20, "there are only {}", sabotages.len());
        for Sabotage { name, breaks, patch } in sabotages {
            assert!(breaks.ends_with('.'), "{name}: `{breaks}` is not a sentence");
            process::run(git_apply(workspace::root(), &patch).arg("--check"))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn finding_names_the_rule_and_the_number_of_seeds() {
        let output =
            "seed 7: requests settle: request 3 is pending\nthe world: …\n\n12 seeds, 1 violations\n";
        let found = finding(output).expect("the output is complete");
        assert_eq!(found.as_deref(), Some("found after 12 seeds, by the rule “requests settle”"));
        assert_eq!(finding("5 seeds, 0 violations\n").expect("the output is complete"), None);
        assert!(finding("").is_err(), "incomplete output is an error");
    }
}
