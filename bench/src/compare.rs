//! Measures both sides in turn and pools their figures.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    lab::{Lab, MeasuredBrowser},
    row::{FigureUnit, Goal, ResultRow},
    side::{Both, CLIENTS, Side},
    stats::Summary,
};

/// The result of one run in a page: `samples`, and other figures by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Json>")]
pub struct PageRun {
    /// The page's final text.
    text: String,
    figures: BTreeMap<String, Vec<f64>>,
}

/// The figure of a row, with the row's name and goal.
#[derive(Debug, Clone, Copy)]
pub struct RowSpec {
    pub name: &'static str,
    pub n: Option<u32>,
    pub unit: FigureUnit,
    /// The name of the figure.
    pub figure: &'static str,
    pub goal: Option<Goal>,
}

/// Compares the clients: measures both sides in each round, in a new browser with a new server, and
/// pools the figures of each side.
///
/// # Errors
///
/// A measurement fails, or the final texts of two runs differ.
pub async fn compare(
    lab: &Lab,
    rounds: usize,
    what: &str,
    mut measure: impl AsyncFnMut(&MeasuredBrowser, Side) -> Result<PageRun>,
) -> Result<Both<PageRun>> {
    compare_sides(CLIENTS, rounds, what, async |side| {
        lab.with_browser(async |browser| measure(browser, side).await).await
    })
    .await
}

/// [`compare`] for sides with these names, which are measured without preparation.
///
/// # Errors
///
/// As [`compare`].
pub async fn compare_sides(
    names: Both<&'static str>,
    rounds: usize,
    what: &str,
    mut measure: impl AsyncFnMut(Side) -> Result<PageRun>,
) -> Result<Both<PageRun>> {
    let mut runs = Both::<Option<PageRun>>::default();
    let mut shown: Option<(&str, String)> = None;
    for round in 0..rounds {
        for side in Side::order(round) {
            let name = *names.of(side);
            eprintln!("{what}: round {} of {rounds}, {name}", round + 1);
            let run = measure(side).await.with_context(|| format!("{what}, {name}"))?;
            let first = shown.get_or_insert_with(|| (name, run.text.clone()));
            ensure_equal(first, &(name, run.text.clone())).context(what.to_owned())?;
            match runs.of_mut(side) {
                Some(pooled) => pooled.merge(run),
                none => *none = Some(run),
            }
        }
    }
    Ok(runs.map(|run| run.clone().unwrap_or_default()))
}

/// Fails if the final texts differ: then the two runs did not do the same work.
fn ensure_equal((first, expected): &(&str, String), (side, text): &(&str, String)) -> Result<()> {
    ensure!(
        text == expected,
        "{side} and {first} show different texts:\n  {}\n  {}",
        brief(text),
        brief(expected)
    );
    Ok(())
}

impl PageRun {
    pub fn new(text: String) -> Self {
        Self { text, figures: BTreeMap::new() }
    }

    /// Adds a sample of a figure.
    pub fn add(&mut self, figure: &str, sample: f64) {
        self.figures.entry(figure.to_owned()).or_default().push(sample);
    }

    pub fn summary(&self, figure: &str) -> Option<Summary> {
        Summary::of(self.figures.get(figure)?)
    }

    fn merge(&mut self, other: Self) {
        for (name, samples) in other.figures {
            self.figures.entry(name).or_default().extend(samples);
        }
    }
}

impl TryFrom<BTreeMap<String, Json>> for PageRun {
    type Error = anyhow::Error;

    fn try_from(result: BTreeMap<String, Json>) -> Result<Self> {
        let mut run = Self::default();
        for (name, value) in result {
            match value {
                Json::String(text) if name == "text" => run.text = text,
                // A figure that is not counted on this page.
                Json::Null => {}
                Json::Array(samples) => {
                    let samples =
                        samples.iter().map(|sample| sample.as_f64().context("a sample is not a number"));
                    run.figures.insert(name, samples.collect::<Result<_>>()?);
                }
                other => {
                    let sample = other.as_f64().with_context(|| format!("`{name}` is not a number"))?;
                    run.figures.insert(name, vec![sample]);
                }
            }
        }
        Ok(run)
    }
}

impl RowSpec {
    /// The row.
    ///
    /// # Errors
    ///
    /// Our side does not have the figure.
    pub fn row(&self, runs: &Both<PageRun>) -> Result<ResultRow> {
        let Self { name, n, unit, figure, goal } = *self;
        let ours = runs.ours.summary(figure).with_context(|| format!("{name}: nothing was measured"))?;
        Ok(ResultRow { name: name.to_owned(), n, unit, ours, theirs: runs.theirs.summary(figure), goal })
    }
}

/// The start of a text, for an error.
fn brief(text: &str) -> String {
    const LENGTH: usize = 200;
    let start: String = text.chars().take(LENGTH).collect();
    format!("{start:?} ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(result: Json) -> PageRun {
        serde_json::from_value(result).unwrap()
    }

    #[test]
    fn results_of_runs_are_pooled() {
        let mut pooled = run(json!({ "text": "a", "samples": [1, 2.5], "mutations": 3, "others": null }));
        pooled.merge(run(json!({ "text": "a", "samples": [4], "mutations": 3 })));
        assert_eq!(pooled.text, "a");
        assert_eq!(pooled.figures["samples"], [1.0, 2.5, 4.0]);
        assert_eq!(pooled.summary("mutations"), Some(Summary::exactly(3.0)));
        assert_eq!(pooled.summary("others"), None);
    }

    #[test]
    fn error_names_the_side_with_a_different_text() {
        let [ours, theirs] =
            [("ours", "3 notes"), ("theirs", "2 notes")].map(|(side, text)| (side, text.to_owned()));
        let error = ensure_equal(&ours, &theirs).unwrap_err().to_string();
        assert!(
            error.starts_with("theirs and ours show different texts") && error.contains("2 notes"),
            "{error}"
        );
        assert!(ensure_equal(&ours, &ours).is_ok());
    }

    #[test]
    fn figure_is_required_on_our_side_only() {
        let spec = RowSpec { name: "copied", n: None, unit: FigureUnit::Bytes, figure: "copied", goal: None };
        let (some, none) = (run(json!({ "copied": 7 })), PageRun::default());
        let row = spec.row(&Both { ours: some.clone(), theirs: none.clone() }).unwrap();
        assert_eq!((row.ours, row.theirs), (Summary::exactly(7.0), None));
        assert!(spec.row(&Both { ours: none, theirs: some }).is_err());
    }
}
