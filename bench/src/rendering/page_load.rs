//! Loads of the pages of `examples/ssr`, as `bench/page/rendering_probe.js` observes them.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::{compare::PageRun, lab::MeasuredBrowser, load::most_executions, transfer::kilobytes};

/// The number of loads of each page per browser.
pub const LOADS: usize = 4;
/// The page with a list behind a gate.
const LIST: &str = "/organizations";
/// The page with a form whose submission is shown optimistically.
const BOARD: &str = "/";
/// A file of the page.
const FILE: &str = "/favicon.svg";

/// The names of rows with their figures, in milliseconds.
pub const TIMES: [(&str, &str); 3] = [
    ("gated list: its first row", "gated"),
    ("board: its first row", "board"),
    ("board: a click shows its optimistic update", "interactive"),
];
/// The names of rows with their figures: counts of one load of the gated list.
pub const COUNTS: [(&str, &str); 3] = [
    ("gated list: requests of the browser", "requests"),
    ("gated list: runs of the query", "runs"),
    ("gated list: token fetches", "token fetches"),
];
/// The figure of the size of the gated list's HTML, in kB.
pub const HTML: &str = "html";

/// What the probe observed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoadedPage {
    text: String,
    content_at: f64,
    interactive_at: Option<f64>,
    requests: f64,
}

/// Loads both pages of the app at this origin, several times in turn.
pub async fn measure(browser: &MeasuredBrowser, origin: &str) -> Result<PageRun> {
    browser.go_to(&format!("{origin}{FILE}")).await?;
    browser.sign_in().await?;
    browser.disable_cache().await?;
    let probe = json!({ "source": include_str!("../../page/rendering_probe.js") });
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", probe).await?;
    // The first load compiles the WASM and starts the server's threads.
    load(browser, origin, LIST).await?;
    let mut run = None;
    for _ in 0..LOADS {
        let list = load(browser, origin, LIST).await?;
        let log = browser.server.log().await?;
        let html: String =
            browser.run("return fetch(location).then((page) => page.text())", Vec::new()).await?;
        let board = load(browser, origin, BOARD).await?;

        let run = run.get_or_insert_with(|| PageRun::new(format!("{} {}", list.text, board.text)));
        run.add("gated", list.content_at);
        run.add("requests", list.requests);
        run.add("runs", most_executions(&log));
        run.add("token fetches", log.token_fetches.len() as f64);
        run.add(HTML, kilobytes(html.as_bytes())?);
        run.add("board", board.content_at);
        run.add("interactive", board.interactive_at.context("the board has no form")?);
    }
    run.context("no page was loaded")
}

/// Loads a page and waits until it is complete. Clears the dev server's log before.
async fn load(browser: &MeasuredBrowser, origin: &str, path: &str) -> Result<LoadedPage> {
    browser.go_to("about:blank").await?;
    browser.server.clear_log().await?;
    browser.go_to(&format!("{origin}{path}")).await?;
    browser
        .run("return renderingProbe.settled()", Vec::new())
        .await
        .with_context(|| format!("loading {path}"))
}
