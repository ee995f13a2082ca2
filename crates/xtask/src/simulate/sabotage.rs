//! Whether the simulation finds what it is there to find: rules of the client are broken one at a
//! time, by patches to a scratch copy.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result, bail};

use super::Seeds;
use crate::{process, scratch_copy, setup::Toolbox, workspace};

/// Where the patches are. The first line of each says what it breaks.
const FOLDER: &str = "crates/convex-testkit/sabotages";

/// Breaks one rule after the other and simulates worlds until one of them shows it.
pub fn run(seeds: &Seeds) -> Result<ExitCode> {
    let sabotages = Sabotage::all()?;
    let scratch = Scratch::copy()?;
    let mut found = 0;
    for sabotage in &sabotages {
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
    /// What it breaks, in a sentence.
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

/// A copy of the workspace that may be broken.
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
        process::run(git.args(options)).with_context(|| format!("{} does not fit any more", sabotage.name))
    }

    fn build(&self) -> Result<()> {
        let mut cargo =
            Toolbox::default().cargo("build --release --quiet -p convex-testkit --example simulate");
        // What a broken rule leaves unused is no news.
        cargo
            .env("RUSTFLAGS", "--allow=warnings")
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "1");
        process::run(cargo.current_dir(&self.tree))
    }

    /// What is found within these worlds, and after how many.
    fn simulate(&self, Seeds { first, count }: &Seeds) -> Result<Option<String>> {
        let mut simulate = Command::new(self.target.join("release/examples/simulate"));
        simulate.args([first.to_string(), count.to_string(), "1".to_owned()]).stderr(Stdio::null());
        let output = simulate.output().context("cannot start the simulation")?;
        finding(&String::from_utf8_lossy(&output.stdout))
    }
}

/// The rule that was seen broken, and after how many worlds.
fn finding(output: &str) -> Result<Option<String>> {
    let last = output.lines().last().unwrap_or_default();
    let Some((seeds, _)) = last.split_once(" seeds, ") else { bail!("the simulation ended with `{last}`") };
    let story = output.lines().find_map(|line| line.strip_prefix("seed ")?.split_once(": "));
    Ok(story.map(|(_, violation)| {
        let rule = violation.split_once(": ").map_or(violation, |(rule, _)| rule);
        format!("found after {seeds} seeds, by “{rule}”")
    }))
}

/// `git apply` in a folder, even if that lies within another repository, where git would look for
/// the files in the wrong place.
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
    fn every_sabotage_fits_and_says_what_it_breaks() {
        let sabotages = Sabotage::all().expect("the folder can be read");
        assert!(sabotages.len() >= 20, "there are {}", sabotages.len());
        for Sabotage { name, breaks, patch } in sabotages {
            assert!(breaks.ends_with('.'), "{name}: `{breaks}` is no sentence");
            process::run(git_apply(workspace::root(), &patch).arg("--check"))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn a_finding_names_the_rule_and_the_seeds_it_took() {
        let output =
            "seed 7: requests settle: request 3 is pending\nthe world: …\n\n12 seeds, 1 violations\n";
        let told = finding(output).expect("it ends as it should");
        assert_eq!(told.as_deref(), Some("found after 12 seeds, by “requests settle”"));
        assert_eq!(finding("5 seeds, 0 violations\n").expect("it ends as it should"), None);
        assert!(finding("").is_err(), "a simulation that broke off has found nothing");
    }
}
