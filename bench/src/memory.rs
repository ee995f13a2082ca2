//! The memory of a page: idle, and at its peak.

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

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

/// The number of documents in 1 MB.
const DOCUMENTS: u32 = 5_000;

/// A measurement of a page's memory.
#[derive(Debug, Clone, Copy)]
struct MemoryCase {
    name: &'static str,
    scenario: &'static str,
    n: u32,
    moment: Moment,
    goal: Option<Goal>,
}

/// When the memory is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While the page is idle, after garbage collection.
    Idle,
    /// At the peak while the page's data is replaced several times. Garbage counts.
    Peak,
}

const CASES: [MemoryCase; 3] = [
    MemoryCase {
        name: "memory, N subscriptions",
        scenario: "cells",
        n: 1_000,
        moment: Moment::Idle,
        goal: Some(Goal::Ratio(0.7)),
    },
    MemoryCase {
        name: "memory, result of 1 MB",
        scenario: "documents",
        n: DOCUMENTS,
        moment: Moment::Idle,
        goal: Some(Goal::Ratio(1.2)),
    },
    MemoryCase {
        name: "memory, peak while 1 MB is replaced",
        scenario: "documents",
        n: DOCUMENTS,
        moment: Moment::Peak,
        goal: None,
    },
];

pub async fn memory(lab: &Lab, rounds: usize, findings: &mut Findings) {
    for case in CASES {
        findings.add(case.compare(lab, rounds).await);
    }
}

impl MemoryCase {
    async fn compare(self, lab: &Lab, rounds: usize) -> Result<Vec<ResultRow>> {
        let Self { name, n, goal, .. } = self;
        let measure = async |browser: &MeasuredBrowser, side| self.measure(browser, side).await;
        let runs = compare(lab, rounds, name, measure).await?;
        let all = RowSpec { name, n: Some(n), unit: FigureUnit::Megabytes, figure: BOTH, goal };
        let mut rows = vec![all.row(&runs)?];
        for (figure, part) in [(HEAP, "JS heap"), (WASM, "WASM memory")] {
            let row = RowSpec { figure, goal: None, ..all }.row(&runs)?;
            rows.push(ResultRow { name: format!("{name}: {part}"), ..row });
        }
        Ok(rows)
    }

    async fn measure(self, browser: &MeasuredBrowser, side: Side) -> Result<PageRun> {
        const MEGABYTE: f64 = 1e6;
        let Self { scenario, n, moment, .. } = self;
        browser.open(side, &format!("work.html?scenario={scenario}&n={n}")).await?;
        let mut run: PageRun = browser.run("return bench.run('ready')", Vec::new()).await?;
        // Memory that finalizers release is collected only by the second collection.
        for _ in 0..2 {
            browser.devtools("HeapProfiler.collectGarbage", json!({})).await?;
        }
        let heap = match moment {
            Moment::Idle => heap_size(browser).await?,
            Moment::Peak => {
                let (replaced, peak) = replace_documents(browser).await?;
                run = replaced;
                peak
            }
        };
        // WASM memory never shrinks: its size is its peak.
        let wasm: f64 = browser.run("return bench.wasmBytes()", Vec::new()).await?;
        let (heap, wasm) = (heap / MEGABYTE, wasm / MEGABYTE);
        run.add(HEAP, heap);
        run.add(WASM, wasm);
        run.add(BOTH, heap + wasm);
        Ok(run)
    }
}

/// Replaces the documents several times. Returns the page's result and the largest of many samples
/// of the heap, each between two tasks of the page.
async fn replace_documents(browser: &MeasuredBrowser) -> Result<(PageRun, f64)> {
    const START: &str = "window.replaced = null;
        bench.run('documents', { warmup: 0, samples: 10 }).catch(String).then((run) => {
            window.replaced = run;
        });";
    let _: () = browser.run(START, Vec::new()).await?;
    let mut peak: f64 = 0.0;
    loop {
        peak = peak.max(heap_size(browser).await?);
        let replaced: Option<Json> = browser.run("return window.replaced", Vec::new()).await?;
        if let Some(run) = replaced {
            // The page's error is a text, which is not a result.
            let run = serde_json::from_value(run.clone()).with_context(|| run.to_string())?;
            return Ok((run, peak));
        }
    }
}

/// The bytes of the JavaScript heap, with garbage.
async fn heap_size(browser: &MeasuredBrowser) -> Result<f64> {
    let usage = browser.devtools("Runtime.getHeapUsage", json!({})).await?;
    usage["usedSize"].as_f64().context("Chromium did not report the size of the heap")
}
