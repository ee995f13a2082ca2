//! What the page `work` measures by itself: `bench/page/scenarios.js`.

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

use crate::{
    compare::{PageRun, Wanted, compare},
    findings::Findings,
    lab::Lab,
    row::{Goal, Row, Unit},
    side::Both,
    stats::Summary,
};

/// As many documents as make 1 MB.
const DOCUMENTS: u32 = 5_000;
const MANY_CELLS: u32 = 1_000;

/// A page of the work, and what to do there.
struct Work {
    scenario: &'static str,
    n: u32,
    /// The function of `scenarios.js`, with its options.
    run: &'static str,
    options: Json,
    /// Whether to count what is copied, which takes time.
    counts_copies: bool,
}

/// Milliseconds of `samples`.
const TIME: Wanted = Wanted { name: "", n: None, unit: Unit::Milliseconds, figure: "samples", goal: None };

pub async fn cells(lab: &Lab, rounds: usize, findings: &mut Findings) {
    let sizes = [(10, 0.5), (100, 0.5), (1_000, 0.1), (10_000, 0.02)];
    let first = findings.rows.len();
    for (n, goal) in sizes {
        findings.note(Work::cells(n, "one").timed(lab, rounds, ("one query of N changed", n), goal).await);
    }
    let growth = growth(&findings.rows[first..]);
    findings.note(growth.map(|row| vec![row]));
}

/// What the most cells cost against the fewest: work that grows with what changed, not with what
/// there is, stays as it is.
fn growth(rows: &[Row]) -> Result<Row> {
    /// What a busy machine makes of 1.
    const FLAT: f64 = 1.5;
    let of =
        |n| rows.iter().find(|row| row.n == Some(n)).with_context(|| format!("no growth without N = {n}"));
    let (few, many) = (of(10)?, of(10_000)?);
    let theirs = few.theirs.zip(many.theirs).map(|(few, many)| many.median / few.median);
    Ok(Row {
        name: "the same, N = 10,000 against 10".to_owned(),
        n: None,
        unit: Unit::Times,
        ours: Summary::exactly(many.ours.median / few.ours.median),
        theirs: theirs.map(Summary::exactly),
        goal: Some(Goal::Ours(FLAT)),
    })
}

pub async fn all_cells(lab: &Lab, rounds: usize) -> Result<Vec<Row>> {
    Work::cells(MANY_CELLS, "all").timed(lab, rounds, ("all queries changed at once", MANY_CELLS), 0.5).await
}

pub async fn documents(lab: &Lab, rounds: usize) -> Result<Vec<Row>> {
    Work::documents().timed(lab, rounds, ("result of 1 MB replaced", DOCUMENTS), 0.4).await
}

pub async fn rows(lab: &Lab, rounds: usize) -> Result<Vec<Row>> {
    Work::rows().timed(lab, rounds, ("list of 1 MB, one row changed", DOCUMENTS), 0.5).await
}

pub async fn optimistic(lab: &Lab, rounds: usize, findings: &mut Findings) {
    const IN_FLIGHT: u32 = 100;
    let works = [
        ("optimistic update", 1, Work::optimistic(0)),
        ("optimistic update, N in flight", IN_FLIGHT, Work::optimistic(IN_FLIGHT)),
    ];
    for (name, n, work) in works {
        findings.note(work.timed(lab, rounds, (name, n), 0.5).await);
    }
}

pub async fn reconnect(lab: &Lab, rounds: usize) -> Result<Vec<Row>> {
    let options = json!({ "warmup": 1, "samples": 5 });
    let runs = Work { run: "reconnect", options, ..Work::cells(MANY_CELLS, "") }.compare(lab, rounds).await?;
    let (n, goal) = (Some(MANY_CELLS), Some(Goal::Ratio(0.5)));
    Ok(vec![
        Wanted { name: "reconnect: drop to all live", n, goal, ..TIME }.row(&runs)?,
        Wanted { name: "reconnect: new socket to all live", n, figure: "sinceOpen", ..TIME }.row(&runs)?,
    ])
}

/// What holds on any machine: one round each.
pub async fn counted(lab: &Lab, findings: &mut Findings) {
    let works = [
        ("one query of N changed", Work::cells(MANY_CELLS, "one")),
        ("all queries changed at once", Work::cells(MANY_CELLS, "all")),
        ("result of 1 MB replaced", Work::documents()),
        ("list of 1 MB, one row changed", Work::rows()),
    ];
    for (what, work) in works {
        let work = Work { counts_copies: true, ..work };
        let runs = work.compare(lab, 1).await;
        findings.note(runs.and_then(|runs| counts(what, work.n, &runs)));
    }
}

fn counts(what: &str, n: u32, runs: &Both<PageRun>) -> Result<Vec<Row>> {
    let mutations = Wanted { figure: "mutations", unit: Unit::Count, n: Some(n), ..TIME };
    let figure = |name| runs.ours.summary(name).map(|summary| summary.median);
    let copied = figure("copiedIn").zip(figure("copiedOut")).context("no copies were counted")?;
    let (copied, message) = (copied.0 + copied.1, figure("bytes").context("no message was counted")?);
    let alone = |name, unit, value| Row { n: Some(n), ..Row::alone(name, unit, Summary::exactly(value)) };
    Ok(vec![
        Row { name: format!("{what}: changes of the DOM"), ..mutations.row(runs)? },
        alone(format!("{what}: copied between JS and WASM"), Unit::Bytes, copied),
        alone(format!("{what}: the same for each byte of the message"), Unit::Times, copied / message),
    ])
}

impl Work {
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

    /// The one row of how long it takes, by its name and N; `most`: what ours may take of theirs.
    async fn timed(
        &self,
        lab: &Lab,
        rounds: usize,
        (name, n): (&'static str, u32),
        most: f64,
    ) -> Result<Vec<Row>> {
        let runs = self.compare(lab, rounds).await?;
        Ok(vec![Wanted { name, n: Some(n), goal: Some(Goal::Ratio(most)), ..TIME }.row(&runs)?])
    }

    async fn compare(&self, lab: &Lab, rounds: usize) -> Result<Both<PageRun>> {
        let Self { scenario, n, run, options, counts_copies } = self;
        let counting = if *counts_copies { "&count=copies" } else { "" };
        let page = format!("work.html?scenario={scenario}&n={n}{counting}");
        compare(lab, rounds, &format!("{run} {n}"), async |visit, side| {
            visit.open(side, &page).await?;
            let args = vec![json!(run), options.clone()];
            let profile = format!("{scenario}-{n}-{side}");
            visit.profiled(&profile, async || visit.run("return bench.run(...arguments)", args).await).await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::quarter;

    #[test]
    fn growth_is_the_most_cells_against_the_fewest() {
        let rows = [(10, 1.0), (1_000, 7.0), (10_000, 3.0)].map(|(n, ours)| Row {
            n: Some(n),
            ours: Summary::exactly(ours),
            ..quarter(None)
        });
        let row = growth(&rows).unwrap();
        assert_eq!((row.ours.median, row.theirs), (3.0, Some(Summary::exactly(1.0))));
        assert!(growth(&rows[..2]).is_err(), "what failed has no growth");
    }
}
