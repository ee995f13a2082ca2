//! From the navigation to the first data behind a gate, as somebody who was here before: the small
//! app, with a cookie.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use e2e::{ServerLog, until};
use serde::Deserialize;
use serde_json::json;

use crate::{
    compare::{PageRun, Wanted, compare},
    findings::Findings,
    lab::{Lab, Visit},
    row::{Goal, Row, Unit},
    side::{Both, Side},
};

/// How often the page is loaded in one browser.
const LOADS: usize = 5;
/// A latency at which nothing comes together by chance that was sent apart.
const FAR: u32 = 200;
/// The page of both sides.
const SMALL: &str = "small.html";
/// Where the data is shown, in the small app.
const SHOWN: &str = "messages";

/// The figures.
const TIME: &str = "time";
const ROUND_TRIPS: &str = "round trips";
const TOKEN_FETCHES: &str = "token fetches";
const EXECUTIONS: &str = "executions";

pub async fn load(lab: &Lab, rounds: usize, findings: &mut Findings) {
    for latency in [0, 50, FAR] {
        findings.note(compare_at(lab, rounds, latency).await);
    }
    findings.note(without_eager(lab).await);
}

async fn compare_at(lab: &Lab, rounds: usize, latency: u32) -> Result<Vec<Row>> {
    let what = format!("load at {latency} ms");
    let runs =
        compare(lab, rounds, &what, async |visit, side| load_at(visit, side, SMALL, latency).await).await?;
    let time = Wanted {
        name: "load to the first gated data, at N ms one way",
        n: Some(latency),
        unit: Unit::Milliseconds,
        figure: TIME,
        goal: (latency == 0).then_some(Goal::Ratio(0.8)),
    };
    let mut rows = vec![time.row(&runs)?];
    if latency == FAR {
        for figure in [ROUND_TRIPS, TOKEN_FETCHES, EXECUTIONS] {
            let count = Wanted { figure, unit: Unit::Count, goal: Some(Goal::Ours(1.0)), ..time };
            rows.push(Row { name: format!("the same: {figure}"), ..count.row(&runs)? });
        }
    }
    Ok(rows)
}

/// Ours as it is without `eager`, of which the other side has nothing.
async fn without_eager(lab: &Lab) -> Result<Vec<Row>> {
    const WHAT: &str = "load without `eager`, at N ms one way: round trips";
    eprintln!("load without eager");
    let ours = lab.visit(async |visit| load_at(visit, Side::Ours, "not_eager.html", FAR).await).await;
    let round_trips = Wanted {
        name: WHAT,
        n: Some(FAR),
        unit: Unit::Count,
        figure: ROUND_TRIPS,
        goal: Some(Goal::Ours(2.0)),
    };
    Ok(vec![round_trips.row(&Both { ours: ours.context(WHAT)?, theirs: PageRun::default() })?])
}

/// What the probe has seen.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    text: String,
    shown_at: f64,
    round_trips: f64,
}

async fn load_at(visit: &Visit, side: Side, page: &str, latency: u32) -> Result<PageRun> {
    sign_in(visit).await?;
    visit.server.set_knobs(json!({ "latencyMs": latency })).await?;
    // Each load is a first one, but for the cookie.
    visit.devtools("Network.enable", json!({})).await?;
    visit.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await?;
    let mut run = None;
    for _ in 0..LOADS {
        visit.server.clear_log().await?;
        visit.open(side, &format!("{page}?shown={SHOWN}")).await?;
        let seen = until("the first data", async || seen(visit).await).await?;
        let log = visit.server.log().await?;
        let run = run.get_or_insert_with(|| PageRun::new(seen.text.clone()));
        run.add(TIME, seen.shown_at);
        run.add(ROUND_TRIPS, seen.round_trips);
        run.add(TOKEN_FETCHES, log.token_fetches.len() as f64);
        run.add(EXECUTIONS, most_executions(&log));
    }
    run.context("nothing was loaded")
}

/// Leaves the session's cookie in the browser.
async fn sign_in(visit: &Visit) -> Result<()> {
    const SIGN_IN: &str = "return fetch('/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'alice@example.com', password: 'alice-demo' }),
    }).then(({ ok }) => ok)";
    visit.go("page/probe.js").await?;
    let is_signed_in: bool = visit.run(SIGN_IN, Vec::new()).await?;
    ensure!(is_signed_in, "Alice could not sign in");
    Ok(())
}

async fn seen(visit: &Visit) -> Result<Option<Seen>> {
    const SEEN: &str = "return bench.shownAt === undefined ? null : {
        text: document.querySelector(`[data-testid=\"${arguments[0]}\"]`).textContent,
        shownAt: bench.shownAt,
        roundTrips: bench.roundTrips(bench.shownAt),
    }";
    visit.run(SEEN, vec![json!(SHOWN)]).await
}

/// How often the query ran that ran most.
fn most_executions(log: &ServerLog) -> f64 {
    let mut counts = HashMap::<String, u32>::new();
    for run in &log.executions {
        *counts.entry(format!("{}{}", run.path, run.args)).or_default() += 1;
    }
    counts.values().copied().max().unwrap_or_default().into()
}
