//! Both sides in turn, and what they showed and took.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    lab::{Lab, Visit},
    row::{Goal, Row, Unit},
    side::{Both, Side},
    stats::Summary,
};

/// What came of one run in a page: `samples`, and other figures by their names.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Json>")]
pub struct PageRun {
    /// What the page showed at the end.
    text: String,
    figures: BTreeMap<String, Vec<f64>>,
}

/// A row to make of figures.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub name: &'static str,
    pub n: Option<u32>,
    pub unit: Unit,
    /// The figure's name.
    pub figure: &'static str,
    pub goal: Option<Goal>,
}

/// Lets both sides do the same, round after round, and pools what they took.
pub async fn compare(
    lab: &Lab,
    rounds: usize,
    what: &str,
    mut measure: impl AsyncFnMut(&Visit, Side) -> Result<PageRun>,
) -> Result<Both<PageRun>> {
    let mut runs = Both::<Option<PageRun>>::default();
    let mut shown: Option<(Side, String)> = None;
    for round in 0..rounds {
        for side in Side::order(round) {
            eprintln!("{what}: round {} of {rounds}, {side}", round + 1);
            let run = lab.visit(async |visit| measure(visit, side).await).await;
            let run = run.with_context(|| format!("{what}, {side}"))?;
            let first = shown.get_or_insert_with(|| (side, run.text.clone()));
            ensure_equal(first, &(side, run.text.clone())).context(what.to_owned())?;
            match runs.of_mut(side) {
                Some(pooled) => pooled.take_in(run),
                none => *none = Some(run),
            }
        }
    }
    Ok(runs.map(|run| run.clone().unwrap_or_default()))
}

/// Different texts are no equal work.
fn ensure_equal((first, shown): &(Side, String), (side, text): &(Side, String)) -> Result<()> {
    ensure!(text == shown, "{side} showed other than {first} did:\n  {}\n  {}", brief(text), brief(shown));
    Ok(())
}

impl PageRun {
    pub fn new(text: String) -> Self {
        Self { text, figures: BTreeMap::new() }
    }

    /// Another sample of a figure.
    pub fn add(&mut self, figure: &str, sample: f64) {
        self.figures.entry(figure.to_owned()).or_default().push(sample);
    }

    pub fn summary(&self, figure: &str) -> Option<Summary> {
        Summary::of(self.figures.get(figure)?)
    }

    fn take_in(&mut self, other: Self) {
        for (name, samples) in other.figures {
            self.figures.entry(name).or_default().extend(samples);
        }
    }
}

impl TryFrom<BTreeMap<String, Json>> for PageRun {
    type Error = anyhow::Error;

    fn try_from(answer: BTreeMap<String, Json>) -> Result<Self> {
        let mut run = Self::default();
        for (name, value) in answer {
            match value {
                Json::String(text) if name == "text" => run.text = text,
                // Not counted on this page.
                Json::Null => {}
                Json::Array(samples) => {
                    let samples =
                        samples.iter().map(|sample| sample.as_f64().context("a sample is a number"));
                    run.figures.insert(name, samples.collect::<Result<_>>()?);
                }
                other => {
                    let sample = other.as_f64().with_context(|| format!("`{name}` is a number"))?;
                    run.figures.insert(name, vec![sample]);
                }
            }
        }
        Ok(run)
    }
}

impl Wanted {
    /// The row, where our side has the figure.
    pub fn row(&self, runs: &Both<PageRun>) -> Result<Row> {
        let Self { name, n, unit, figure, goal } = *self;
        let ours = runs.ours.summary(figure).with_context(|| format!("{name}: nothing was measured"))?;
        Ok(Row { name: name.to_owned(), n, unit, ours, theirs: runs.theirs.summary(figure), goal })
    }
}

/// As much of a text as one wants to see in an error.
fn brief(text: &str) -> String {
    const LENGTH: usize = 200;
    let start: String = text.chars().take(LENGTH).collect();
    format!("{start:?} ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(answer: Json) -> PageRun {
        serde_json::from_value(answer).unwrap()
    }

    #[test]
    fn what_a_page_answers_is_pooled() {
        let mut pooled = run(json!({ "text": "a", "samples": [1, 2.5], "mutations": 3, "others": null }));
        pooled.take_in(run(json!({ "text": "a", "samples": [4], "mutations": 3 })));
        assert_eq!(pooled.text, "a");
        assert_eq!(pooled.figures["samples"], [1.0, 2.5, 4.0]);
        assert_eq!(pooled.summary("mutations"), Some(Summary::exactly(3.0)));
        assert_eq!(pooled.summary("others"), None);
    }

    #[test]
    fn whoever_shows_something_else_is_named() {
        let [ours, theirs] =
            [(Side::Ours, "3 notes"), (Side::Theirs, "2 notes")].map(|(side, text)| (side, text.to_owned()));
        let error = ensure_equal(&ours, &theirs).unwrap_err().to_string();
        assert!(
            error.starts_with("theirs showed other than ours did") && error.contains("2 notes"),
            "{error}"
        );
        assert!(ensure_equal(&ours, &ours).is_ok());
    }

    #[test]
    fn only_our_side_must_have_a_figure() {
        let wanted = Wanted { name: "copied", n: None, unit: Unit::Bytes, figure: "copied", goal: None };
        let (some, none) = (run(json!({ "copied": 7 })), PageRun::default());
        let row = wanted.row(&Both { ours: some.clone(), theirs: none.clone() }).unwrap();
        assert_eq!((row.ours, row.theirs), (Summary::exactly(7.0), None));
        assert!(wanted.row(&Both { ours: none, theirs: some }).is_err());
    }
}
