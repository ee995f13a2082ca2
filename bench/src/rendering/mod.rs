//! The app of `examples/ssr` rendered on a server, against the same app rendered in the browser
//! only.

mod page_load;
mod static_site;

use std::{fmt, path::Path, time::Duration};

use anyhow::{Result, ensure};
use convex_dev_server::Options;
use e2e::{SiteProcess, TestServer};

use crate::{
    compare::{PageRun, RowSpec, compare_sides},
    findings::Findings,
    lab::Lab,
    link::{Link, LinkLatency},
    row::{FigureUnit, ResultRow},
    side::{Both, RENDERINGS, Side},
    stats::Summary,
    transfer::{files_below, kilobytes, read},
};
use static_site::StaticSite;

/// The built app.
#[derive(Debug, Clone, Copy)]
pub struct RenderedApp<'a> {
    /// The server that renders it.
    pub web_server: &'a Path,
    /// The files of the page that the server renders.
    pub site: &'a Path,
    /// The files of the page that is rendered in the browser only.
    pub browser_only: &'a Path,
}

/// The latencies of a scenario in milliseconds, one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Distances {
    /// Between the browser and all servers.
    browser: u32,
    /// Between the web server and the deployment with its auth service.
    web_server: u32,
}

/// The scenarios. The last is a web server on another continent than the deployment.
const SCENARIOS: [Distances; 3] = [
    Distances { browser: 0, web_server: 0 },
    Distances { browser: 50, web_server: 0 },
    Distances { browser: 50, web_server: 50 },
];
/// The scenario of the counts, which are the same in all of them.
const COUNTED: Distances = SCENARIOS[1];

/// A description of the measurements, for the reader of the table.
pub fn conditions(rounds: u16) -> String {
    format!(
        "server: examples/ssr, rendered by its axum server; browser: the same components, rendered in the browser only.\n\
         Production builds, a signed-in user, empty caches; rounds: {rounds}, in turn; loads of each page per round: {}.\n\
         N is the latency between the browser and all servers in ms, one way. Bandwidth is unlimited, and connecting \
         takes no time.\n\
         The web server has no latency to the deployment, except in the rows with \"far\", where it has the same. \
         Sizes are after brotli.",
        page_load::LOADS
    )
}

pub async fn ssr(lab: &Lab, rounds: usize, app: RenderedApp<'_>, findings: &mut Findings) {
    for distances in SCENARIOS {
        findings.add(compare_at(lab, rounds, app, distances).await);
    }
    findings.add(sizes(app));
}

async fn compare_at(
    lab: &Lab,
    rounds: usize,
    app: RenderedApp<'_>,
    distances: Distances,
) -> Result<Vec<ResultRow>> {
    let runs = compare_sides(RENDERINGS, rounds, &format!("ssr at {distances}"), async |side| {
        lab.with_browser_and(Options::on_a_free_port(), async |browser| {
            let hosted = HostedApp::start(app, side, &browser.server, distances).await?;
            let measured = page_load::measure(browser, &hosted.page.url()).await;
            if measured.is_err() {
                hosted.host.print_output();
            }
            measured
        })
        .await
    })
    .await?;
    rows(&runs, distances)
}

/// The rows of a scenario.
fn rows(runs: &Both<PageRun>, distances: Distances) -> Result<Vec<ResultRow>> {
    let far = if distances.web_server > 0 { ", far" } else { "" };
    let row = |name, figure, unit| -> Result<ResultRow> {
        let spec = RowSpec { name, n: Some(distances.browser), unit, figure, goal: None };
        let row = spec.row(runs)?;
        Ok(ResultRow { name: format!("{name}{far}"), ..row })
    };
    let mut rows = Vec::new();
    for (name, figure) in page_load::TIMES {
        rows.push(row(name, figure, FigureUnit::Milliseconds)?);
    }
    if distances == COUNTED {
        for (name, figure) in page_load::COUNTS {
            rows.push(row(name, figure, FigureUnit::Count)?);
        }
        let html = row("gated list: HTML", page_load::HTML, FigureUnit::Kilobytes)?;
        rows.push(ResultRow { n: None, ..html });
    }
    Ok(rows)
}

/// The sizes of the page's own files.
fn sizes(app: RenderedApp<'_>) -> Result<Vec<ResultRow>> {
    let folders = Both { ours: app.site, theirs: app.browser_only };
    [("JavaScript", "js"), ("WASM", "wasm")]
        .into_iter()
        .map(|(name, extension)| {
            let [ours, theirs] =
                Side::BOTH.map(|side| size_of(folders.of(side), extension).map(Summary::exactly));
            let row = ResultRow::alone(name.to_owned(), FigureUnit::Kilobytes, ours?);
            Ok(ResultRow { theirs: Some(theirs?), ..row })
        })
        .collect()
}

/// The kilobytes of all files in a folder with this extension.
fn size_of(folder: &Path, extension: &str) -> Result<f64> {
    let files = files_below(folder, Path::new(""))?;
    let files: Vec<_> =
        files.iter().filter(|file| file.extension().is_some_and(|found| found == extension)).collect();
    ensure!(
        !files.is_empty(),
        "{} has no .{extension} file; `cargo xtask bench` builds it",
        folder.display()
    );
    files.into_iter().map(|file| kilobytes(&read(&folder.join(file))?)).sum()
}

/// The app on a web server, with links in front of all servers.
///
/// ```text
/// browser ─ page ─ web server ─┬─ deployment ─ dev server
///    │                         └──── auth ─────┘
///    └─ WebSocket ──────────────── deployment
/// ```
#[derive(Debug)]
struct HostedApp {
    page: Link,
    _deployment: Link,
    _auth: Link,
    host: Host,
}

/// The web server, which runs until this is dropped.
#[derive(Debug)]
enum Host {
    Rendering(SiteProcess),
    Files(StaticSite),
}

impl HostedApp {
    async fn start(
        app: RenderedApp<'_>,
        side: Side,
        server: &TestServer,
        distances: Distances,
    ) -> Result<Self> {
        let [browser, web_server] =
            [distances.browser, distances.web_server].map(|ms| Duration::from_millis(ms.into()));
        // Only the browser opens sockets, and only the web server calls the deployment over HTTP.
        let to_deployment = LinkLatency { sockets: browser, requests: web_server };
        let deployment = Link::start(&server.url(), to_deployment).await?;
        let auth = Link::start(&server.url(), LinkLatency::both(web_server)).await?;
        let host = match side {
            Side::Ours => Host::Rendering(
                SiteProcess::start(app.web_server, app.site, &deployment.url(), &auth.url()).await?,
            ),
            Side::Theirs => {
                Host::Files(StaticSite::start(app.browser_only, &deployment.url(), &auth.url()).await?)
            }
        };
        let page = Link::start(&host.url(), LinkLatency::both(browser)).await?;
        Ok(Self { page, _deployment: deployment, _auth: auth, host })
    }
}

impl Host {
    fn url(&self) -> String {
        match self {
            Self::Rendering(process) => process.url().to_owned(),
            Self::Files(site) => site.url(),
        }
    }

    /// Prints what the server printed, to explain a failure.
    fn print_output(&self) {
        if let Self::Rendering(process) = self {
            process.output().iter().for_each(|line| eprintln!("the web server: {line}"));
        }
    }
}

impl fmt::Display for Distances {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ms, the web server at {} ms", self.browser, self.web_server)
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    /// A run with these samples of every figure.
    fn run(samples: &[f64]) -> PageRun {
        let mut run = PageRun::new(String::new());
        let figures = page_load::TIMES.iter().chain(&page_load::COUNTS).map(|(_, figure)| figure);
        for figure in figures.chain([&page_load::HTML]) {
            samples.iter().for_each(|&sample| run.add(figure, sample));
        }
        run
    }

    #[test]
    fn ratio_of_medians_is_server_to_browser() {
        let runs = Both { ours: run(&[1.0, 2.0, 60.0]), theirs: run(&[8.0, 4.0, 9.0]) };
        let rows = rows(&runs, SCENARIOS[0]).unwrap();
        assert_eq!(rows[0].name, "gated list: its first row");
        assert!(rows.iter().all(|row| row.ratio() == Some(0.25)), "{rows:#?}");
    }

    #[test]
    fn counts_are_reported_for_one_scenario_only() {
        let runs = Both { ours: run(&[1.0]), theirs: run(&[1.0]) };
        let counts = SCENARIOS.map(|distances| {
            let rows = rows(&runs, distances).unwrap();
            rows.iter().filter(|row| row.unit == FigureUnit::Count).count()
        });
        assert_eq!(counts, [0, page_load::COUNTS.len(), 0]);
    }

    #[test]
    fn rows_of_different_scenarios_differ() {
        let runs = Both { ours: run(&[1.0]), theirs: run(&[1.0]) };
        let [near, far] =
            [SCENARIOS[1], SCENARIOS[2]].map(|distances| rows(&runs, distances).unwrap().remove(0));
        assert_eq!((near.n, far.n), (Some(50), Some(50)));
        assert_eq!(far.name, format!("{}, far", near.name));
    }

    #[test]
    fn missing_figure_of_the_server_is_an_error() {
        let runs = Both { ours: PageRun::default(), theirs: run(&[1.0]) };
        assert!(rows(&runs, SCENARIOS[0]).is_err());
    }

    #[test]
    fn size_is_the_sum_of_files_with_the_extension() {
        let folder = env::temp_dir().join(format!("convex-bench-sizes-{}", process::id()));
        fs::create_dir_all(folder.join("pkg")).unwrap();
        for name in ["app.js", "pkg/app.js", "app.js.br", "app.css"] {
            fs::write(folder.join(name), "app()").unwrap();
        }

        let (scripts, wasm) = (size_of(&folder, "js"), size_of(&folder, "wasm"));

        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(scripts.unwrap(), 2.0 * kilobytes(b"app()").unwrap());
        assert!(wasm.unwrap_err().to_string().contains("cargo xtask bench"));
    }
}
