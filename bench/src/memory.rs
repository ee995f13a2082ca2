//! What a page holds when it has nothing to do.

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    compare::{PageRun, Wanted, compare},
    findings::Findings,
    lab::{Lab, Visit},
    row::{Goal, Row, Unit},
    side::Side,
};

/// The figures, in MB.
const BOTH: &str = "memory";
const HEAP: &str = "heap";
const WASM: &str = "wasm";

pub async fn memory(lab: &Lab, rounds: usize, findings: &mut Findings) {
    let pages = [("memory, N subscriptions", "cells", 1_000), ("memory, result of 1 MB", "documents", 5_000)];
    for (name, scenario, n) in pages {
        findings.note(compare_held(lab, rounds, name, scenario, n).await);
    }
}

async fn compare_held(
    lab: &Lab,
    rounds: usize,
    name: &'static str,
    scenario: &str,
    n: u32,
) -> Result<Vec<Row>> {
    let measure = async |visit: &Visit, side| held(visit, side, scenario, n).await;
    let runs = compare(lab, rounds, name, measure).await?;
    let goal = Some(Goal::Ratio(0.7));
    let all = Wanted { name, n: Some(n), unit: Unit::Megabytes, figure: BOTH, goal };
    let mut rows = vec![all.row(&runs)?];
    for (figure, part) in [(HEAP, "JS heap"), (WASM, "WASM memory")] {
        let row = Wanted { figure, goal: None, ..all }.row(&runs)?;
        rows.push(Row { name: format!("{name}: {part}"), ..row });
    }
    Ok(rows)
}

async fn held(visit: &Visit, side: Side, scenario: &str, n: u32) -> Result<PageRun> {
    const MEGABYTE: f64 = 1e6;
    visit.open(side, &format!("work.html?scenario={scenario}&n={n}")).await?;
    let mut run: PageRun = visit.run("return bench.run('ready')", Vec::new()).await?;
    // What finalizers let go is garbage only the second time.
    for _ in 0..2 {
        visit.devtools("HeapProfiler.collectGarbage", json!({})).await?;
    }
    let usage = visit.devtools("Runtime.getHeapUsage", json!({})).await?;
    let heap = usage["usedSize"].as_f64().context("no size of the heap")? / MEGABYTE;
    let wasm: f64 = visit.run("return bench.wasmBytes()", Vec::new()).await?;
    let wasm = wasm / MEGABYTE;
    run.add(HEAP, heap);
    run.add(WASM, wasm);
    run.add(BOTH, heap + wasm);
    Ok(run)
}
