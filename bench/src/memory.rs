//! The memory of an idle page.

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    compare::{PageRun, RowSpec, compare},
    findings::Findings,
    lab::{Lab, MeasuredBrowser},
    row::{FigureUnit, Goal, ResultRow},
    side::Side,
};

/// The figures, in MB.
const BOTH: &str = "memory";
const HEAP: &str = "heap";
const WASM: &str = "wasm";

pub async fn memory(lab: &Lab, rounds: usize, findings: &mut Findings) {
    let pages = [
        ("memory, N subscriptions", "cells", 1_000, 0.7),
        ("memory, result of 1 MB", "documents", 5_000, 1.2),
    ];
    for (name, scenario, n, goal) in pages {
        findings.add(compare_memory(lab, rounds, name, (scenario, n), goal).await);
    }
}

async fn compare_memory(
    lab: &Lab,
    rounds: usize,
    name: &'static str,
    (scenario, n): (&str, u32),
    goal: f64,
) -> Result<Vec<ResultRow>> {
    let measure = async |browser: &MeasuredBrowser, side| memory_of(browser, side, scenario, n).await;
    let runs = compare(lab, rounds, name, measure).await?;
    let goal = Some(Goal::Ratio(goal));
    let all = RowSpec { name, n: Some(n), unit: FigureUnit::Megabytes, figure: BOTH, goal };
    let mut rows = vec![all.row(&runs)?];
    for (figure, part) in [(HEAP, "JS heap"), (WASM, "WASM memory")] {
        let row = RowSpec { figure, goal: None, ..all }.row(&runs)?;
        rows.push(ResultRow { name: format!("{name}: {part}"), ..row });
    }
    Ok(rows)
}

async fn memory_of(browser: &MeasuredBrowser, side: Side, scenario: &str, n: u32) -> Result<PageRun> {
    const MEGABYTE: f64 = 1e6;
    browser.open(side, &format!("work.html?scenario={scenario}&n={n}")).await?;
    let mut run: PageRun = browser.run("return bench.run('ready')", Vec::new()).await?;
    // Memory that finalizers release is collected only by the second collection.
    for _ in 0..2 {
        browser.devtools("HeapProfiler.collectGarbage", json!({})).await?;
    }
    let usage = browser.devtools("Runtime.getHeapUsage", json!({})).await?;
    let heap = usage["usedSize"].as_f64().context("Chromium did not report the size of the heap")? / MEGABYTE;
    let wasm: f64 = browser.run("return bench.wasmBytes()", Vec::new()).await?;
    let wasm = wasm / MEGABYTE;
    run.add(HEAP, heap);
    run.add(WASM, wasm);
    run.add(BOTH, heap + wasm);
    Ok(run)
}
