//! The scenarios that the page `work` measures: `bench/page/scenarios.js`.

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

use crate::{
    compare::{PageRun, RowSpec, compare},
    findings::Findings,
    lab::Lab,
    row::{FigureUnit, Goal, ResultRow},
    side::Both,
    stats::Summary,
};

/// The number of documents in 1 MB.
const DOCUMENTS: u32 = 5_000;
const MANY_CELLS: u32 = 1_000;

/// A page of `work`, with the scenario to run there.
struct WorkPage {
    scenario: &'static str,
    n: u32,
    /// The function of `scenarios.js`, with its options.
    run: &'static str,
    options: Json,
    /// Whether to count copied bytes, which takes time.
    counts_copies: bool,
}

/// A row with the milliseconds of `samples`.
const TIME: RowSpec =
    RowSpec { name: "", n: None, unit: FigureUnit::Milliseconds, figure: "samples", goal: None };

pub async fn cells(lab: &Lab, rounds: usize, findings: &mut Findings) {
    let sizes = [(10, 0.4), (100, 0.35), (1_000, 0.25), (10_000, 0.05)];
    let first = findings.rows.len();
    for (n, goal) in sizes {
        findings.add(WorkPage::cells(n, "one").timed(lab, rounds, ("one query of N changed", n), goal).await);
    }
    let growth = growth(&findings.rows[first..]);
    findings.add(growth.map(|row| vec![row]));
}

/// The cost with the most cells divided by the cost with the fewest. It is about 1 if the work
/// depends on the number of changes and not on the number of subscriptions.
fn growth(rows: &[ResultRow]) -> Result<ResultRow> {
    /// 1 plus a tolerance.
    const FLAT: f64 = 1.1;
    let of = |n| {
        rows.iter()
            .find(|row| row.n == Some(n))
            .with_context(|| format!("the measurement with N = {n} failed"))
    };
    let (few, many) = (of(10)?, of(10_000)?);
    let theirs = few.theirs.zip(many.theirs).map(|(few, many)| many.median / few.median);
    Ok(ResultRow {
        name: "the same, N = 10,000 against 10".to_owned(),
        n: None,
        unit: FigureUnit::Times,
        ours: Summary::exactly(many.ours.median / few.ours.median),
        theirs: theirs.map(Summary::exactly),
        goal: Some(Goal::Ours(FLAT)),
    })
}

pub async fn all_cells(lab: &Lab, rounds: usize) -> Result<Vec<ResultRow>> {
    WorkPage::cells(MANY_CELLS, "all")
        .timed(lab, rounds, ("all queries changed at once", MANY_CELLS), 0.5)
        .await
}

pub async fn documents(lab: &Lab, rounds: usize) -> Result<Vec<ResultRow>> {
    WorkPage::documents().timed(lab, rounds, ("result of 1 MB replaced", DOCUMENTS), 0.5).await
}

pub async fn rows(lab: &Lab, rounds: usize) -> Result<Vec<ResultRow>> {
    WorkPage::rows().timed(lab, rounds, ("list of 1 MB, one row changed", DOCUMENTS), 0.4).await
}

pub async fn optimistic(lab: &Lab, rounds: usize, findings: &mut Findings) {
    const IN_FLIGHT: u32 = 100;
    let works = [
        ("optimistic update", 1, WorkPage::optimistic(0)),
        ("optimistic update, N in flight", IN_FLIGHT, WorkPage::optimistic(IN_FLIGHT)),
    ];
    for (name, n, work) in works {
        findings.add(work.timed(lab, rounds, (name, n), 0.5).await);
    }
}

pub async fn reconnect(lab: &Lab, rounds: usize) -> Result<Vec<ResultRow>> {
    let options = json!({ "warmup": 1, "samples": 5 });
    let runs = WorkPage { run: "reconnect", options, ..WorkPage::cells(MANY_CELLS, "") }
        .compare(lab, rounds)
        .await?;
    let (n, goal) = (Some(MANY_CELLS), Some(Goal::Ratio(0.5)));
    Ok(vec![
        RowSpec { name: "reconnect: drop to all live", n, goal, ..TIME }.row(&runs)?,
        RowSpec { name: "reconnect: new socket to all live", n, figure: "sinceOpen", ..TIME }.row(&runs)?,
    ])
}

/// Counts, which are equal on any machine: one round each.
pub async fn counted(lab: &Lab, findings: &mut Findings) {
    let works = [
        ("one query of N changed", WorkPage::cells(MANY_CELLS, "one")),
        ("all queries changed at once", WorkPage::cells(MANY_CELLS, "all")),
        ("result of 1 MB replaced", WorkPage::documents()),
        ("list of 1 MB, one row changed", WorkPage::rows()),
    ];
    for (what, work) in works {
        let work = WorkPage { counts_copies: true, ..work };
        let runs = work.compare(lab, 1).await;
        findings.add(runs.and_then(|runs| counts(what, work.n, &runs)));
    }
}

fn counts(what: &str, n: u32, runs: &Both<PageRun>) -> Result<Vec<ResultRow>> {
    let mutations = RowSpec { figure: "mutations", unit: FigureUnit::Count, n: Some(n), ..TIME };
    let figure = |name| runs.ours.summary(name).map(|summary| summary.median);
    let copied = figure("copiedIn").zip(figure("copiedOut")).context("no copies were counted")?;
    let (copied, message) = (copied.0 + copied.1, figure("bytes").context("no message was counted")?);
    let alone =
        |name, unit, value| ResultRow { n: Some(n), ..ResultRow::alone(name, unit, Summary::exactly(value)) };
    Ok(vec![
        ResultRow { name: format!("{what}: changes of the DOM"), ..mutations.row(runs)? },
        alone(format!("{what}: copied between JS and WASM"), FigureUnit::Bytes, copied),
        alone(format!("{what}: the same for each byte of the message"), FigureUnit::Times, copied / message),
    ])
}

impl WorkPage {
    fn cells(n: u32, change: &str) -> Self {
        let options = json!({ "change": change });
        Self { scenario: "cells", n, run: "cells", options, counts_copies: false }
    }

    fn documents() -> Self {
        let options = json!({ "samples": 20 });
        Self { scenario: "documents", n: DOCUMENTS, run: "documents", options, counts_copies: false }
    }

    fn rows() -> Self {
        Self { scenario: "rows", run: "rows", ..Self::documents() }
    }

    fn optimistic(in_flight: u32) -> Self {
        let options = json!({ "inFlight": in_flight });
        Self { scenario: "optimistic", n: 1, run: "optimistic", options, counts_copies: false }
    }

    /// Measures the time as one row with this name and N. `goal`: the highest ratio ours / theirs.
    async fn timed(
        &self,
        lab: &Lab,
        rounds: usize,
        (name, n): (&'static str, u32),
        goal: f64,
    ) -> Result<Vec<ResultRow>> {
        let runs = self.compare(lab, rounds).await?;
        Ok(vec![RowSpec { name, n: Some(n), goal: Some(Goal::Ratio(goal)), ..TIME }.row(&runs)?])
    }

    async fn compare(&self, lab: &Lab, rounds: usize) -> Result<Both<PageRun>> {
        let Self { scenario, n, run, options, counts_copies } = self;
        let counting = if *counts_copies { "&count=copies" } else { "" };
        let page = format!("work.html?scenario={scenario}&n={n}{counting}");
        compare(lab, rounds, &format!("{run} {n}"), async |browser, side| {
            browser.open(side, &page).await?;
            let args = vec![json!(run), options.clone()];
            let profile = format!("{scenario}-{n}-{side}");
            browser
                .profiled(&profile, async || browser.run("return bench.run(...arguments)", args).await)
                .await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::quarter;

    #[test]
    fn growth_compares_the_most_cells_with_the_fewest() {
        let rows = [(10, 1.0), (1_000, 7.0), (10_000, 3.0)].map(|(n, ours)| ResultRow {
            n: Some(n),
            ours: Summary::exactly(ours),
            ..quarter(None)
        });
        let row = growth(&rows).unwrap();
        assert_eq!((row.ours.median, row.theirs), (3.0, Some(Summary::exactly(1.0))));
        assert!(growth(&rows[..2]).is_err(), "a failed measurement has no growth");
    }
}
