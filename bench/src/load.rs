//! The load of the small app by a signed-in user: from the navigation to the first data behind a
//! gate.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, Result};
use convex_dev_server::Options;
use e2e::{ServerLog, until};
use serde::Deserialize;
use serde_json::json;

use crate::{
    compare::{PageRun, RowSpec, compare, compare_sides},
    findings::Findings,
    lab::{Lab, MeasuredBrowser},
    link::{Link, LinkLatency},
    row::{FigureUnit, Goal, ResultRow},
    side::{Both, CLIENTS, Side},
};

/// The number of page loads per browser.
const LOADS: usize = 5;
/// A latency in ms that is high enough to separate frames of different round trips.
const HIGH_LATENCY: u32 = 200;
/// The latency of the slow line, one way.
const SLOW_LATENCY: Duration = Duration::from_millis(75);
/// The bandwidth of the slow line in each direction: 1.6 Mbit/s.
const SLOW_BYTES_PER_SECOND: u32 = 200_000;
/// The page of both sides.
const SMALL: &str = "small.html";
/// The test id of the small app's data.
const DATA: &str = "messages";

/// The figures.
const TIME: &str = "time";
const ROUND_TRIPS: &str = "round trips";
const TOKEN_FETCHES: &str = "token fetches";
const EXECUTIONS: &str = "executions";

pub async fn load(lab: &Lab, rounds: usize, findings: &mut Findings) {
    for latency in [0, 50, HIGH_LATENCY] {
        findings.add(compare_at(lab, rounds, latency).await);
    }
    findings.add(without_eager(lab).await);
    findings.add(on_a_slow_line(lab, rounds).await);
}

async fn compare_at(lab: &Lab, rounds: usize, latency: u32) -> Result<Vec<ResultRow>> {
    let what = format!("load at {latency} ms");
    let runs =
        compare(lab, rounds, &what, async |browser, side| load_at(browser, side, SMALL, latency).await)
            .await?;
    let time = RowSpec {
        name: "load to the first gated data, at N ms one way",
        n: Some(latency),
        unit: FigureUnit::Milliseconds,
        figure: TIME,
        goal: (latency == 0).then_some(Goal::Ratio(0.75)),
    };
    let mut rows = vec![time.row(&runs)?];
    if latency == HIGH_LATENCY {
        for figure in [ROUND_TRIPS, TOKEN_FETCHES, EXECUTIONS] {
            let count = RowSpec { figure, unit: FigureUnit::Count, goal: Some(Goal::Ours(1.0)), ..time };
            rows.push(ResultRow { name: format!("the same: {figure}"), ..count.row(&runs)? });
        }
    }
    Ok(rows)
}

/// Measures our page without `eager`. The other side has no such option.
async fn without_eager(lab: &Lab) -> Result<Vec<ResultRow>> {
    const WHAT: &str = "load without `eager`, at N ms one way: round trips";
    eprintln!("load without eager");
    let ours = lab
        .with_browser(async |browser| load_at(browser, Side::Ours, "not_eager.html", HIGH_LATENCY).await)
        .await;
    let round_trips = RowSpec {
        name: WHAT,
        n: Some(HIGH_LATENCY),
        unit: FigureUnit::Count,
        figure: ROUND_TRIPS,
        goal: Some(Goal::Ours(2.0)),
    };
    Ok(vec![round_trips.row(&Both { ours: ours.context(WHAT)?, theirs: PageRun::default() })?])
}

/// Measures the load where all bytes, also those of the page's compressed files, share a bandwidth.
async fn on_a_slow_line(lab: &Lab, rounds: usize) -> Result<Vec<ResultRow>> {
    const WHAT: &str = "cold load on a slow line, to the first gated data";
    const NOT_EARLY: &str = "the same without our early start";
    let load = async |side, page| {
        let options = Options { compressed: true, ..lab.page_options() };
        lab.with_browser_and(options, async |browser| {
            let latency = LinkLatency::both(SLOW_LATENCY);
            let link = Link::start_slow(&browser.server.url(), latency, SLOW_BYTES_PER_SECOND).await?;
            load_from(browser, &link.url(), side, page).await
        })
        .await
    };
    let runs = compare_sides(CLIENTS, rounds, WHAT, async |side| load(side, SMALL).await).await?;
    eprintln!("{WHAT}, without our early start");
    let not_early = load(Side::Ours, "not_early.html").await.context(NOT_EARLY)?;
    let unit = FigureUnit::Milliseconds;
    let time = RowSpec { name: WHAT, n: None, unit, figure: TIME, goal: Some(Goal::Ratio(0.9)) };
    let without = RowSpec { name: NOT_EARLY, goal: None, ..time };
    Ok(vec![time.row(&runs)?, without.row(&Both { ours: not_early, ..runs })?])
}

/// The figures that the probe recorded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoadFigures {
    text: String,
    shown_at: f64,
    round_trips: f64,
}

async fn load_at(browser: &MeasuredBrowser, side: Side, page: &str, latency: u32) -> Result<PageRun> {
    browser.server.set_knobs(json!({ "latencyMs": latency })).await?;
    load_from(browser, &browser.server.url(), side, page).await
}

/// Loads a page several times from an origin that leads to the server.
async fn load_from(browser: &MeasuredBrowser, origin: &str, side: Side, page: &str) -> Result<PageRun> {
    browser.go_to(&format!("{origin}/page/probe.js")).await?;
    browser.sign_in().await?;
    browser.disable_cache().await?;
    let mut run = None;
    for _ in 0..LOADS {
        browser.server.clear_log().await?;
        browser.open_at(origin, side, &format!("{page}?shown={DATA}")).await?;
        let figures = until("the first data", async || load_figures(browser).await).await?;
        let log = browser.server.log().await?;
        let run = run.get_or_insert_with(|| PageRun::new(figures.text.clone()));
        run.add(TIME, figures.shown_at);
        run.add(ROUND_TRIPS, figures.round_trips);
        run.add(TOKEN_FETCHES, log.token_fetches.len() as f64);
        run.add(EXECUTIONS, most_executions(&log));
    }
    run.context("no page was loaded")
}

async fn load_figures(browser: &MeasuredBrowser) -> Result<Option<LoadFigures>> {
    const SCRIPT: &str = "return bench.shownAt === undefined ? null : {
        text: document.querySelector(`[data-testid=\"${arguments[0]}\"]`).textContent,
        shownAt: bench.shownAt,
        roundTrips: bench.roundTrips(bench.shownAt),
    }";
    browser.run(SCRIPT, vec![json!(DATA)]).await
}

/// The number of executions of the query that ran most often.
pub fn most_executions(log: &ServerLog) -> f64 {
    let mut counts = HashMap::<String, u32>::new();
    for run in &log.executions {
        *counts.entry(format!("{}{}", run.path, run.args)).or_default() += 1;
    }
    counts.values().copied().max().unwrap_or_default().into()
}
