//! The parts of `cargo xtask test`: the tools and commands of each.

use std::{io::Write, path::PathBuf, process::Command};

use anyhow::Result;
use clap::ValueEnum;

use super::report::TestReport;
use crate::{
    app::TrunkApp,
    engine::Engine,
    npm,
    setup::{Need, Toolbox},
    size,
    ssr_app::{SsrApp, SsrProfile},
    workspace,
};

/// A part of the tests. Cheap parts come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestPart {
    /// Formatting, clippy for native and WASM, and the docs, all without warnings
    Lint,
    /// Unit, property, scenario and doc tests that need no browser
    Native,
    /// The published crates' native tests, each crate built alone as its users build it
    Alone,
    /// Component tests in Chromium, Firefox and WebKit
    Wasm,
    /// Convex's official clients (npm and crates.io) against the dev server
    Official,
    /// The demo and the examples with the dev server in Chromium, and smoke tests in Firefox and
    /// WebKit
    E2e,
    /// The download size of a small app against its budget
    Size,
}

/// Published crates. Their features must come from their own dependencies only.
const PUBLISHED: [&str; 3] = ["convex-sync", "convex-web", "convex-leptos"];
/// The packages of pages: they enable `leptos/csr` and run in a browser only.
const PAGES: [&str; 5] = ["demo-app", "example-minimal", "example-chat", "bench-ours", "bench-browser-only"];
/// The server-rendered apps. Their features `ssr` and `hydrate` exclude each other, so they are
/// checked once with each.
const SSR: [SsrApp; 2] = [SsrApp::Example, SsrApp::Islands];
/// Crates with component tests; each has a `webdriver.json`.
const BROWSER_TESTED: [&str; 2] = ["convex-testkit-web", "convex-leptos"];
const WASM: &str = "--target wasm32-unknown-unknown";
/// The test files of package `e2e` that belong to the part `official`.
const OFFICIAL: [&str; 2] = ["official_crate", "scripts"];
/// The test file of package `e2e` that runs in every browser. The other files use Chromium's own
/// protocol.
const SMOKE: &str = "smoke";

/// The tools that the parts need in these browsers, without duplicates.
pub fn needs(parts: &[TestPart], engines: &[Engine]) -> Vec<Need> {
    let mut needed: Vec<Need> = parts.iter().flat_map(|part| part.needs()).copied().collect();
    if parts.iter().any(|part| matches!(part, TestPart::Wasm | TestPart::E2e)) {
        needed.extend(engines.iter().map(|engine| engine.need()));
    }
    Need::ALL.into_iter().filter(|need| needed.contains(need)).collect()
}

impl TestPart {
    fn needs(self) -> &'static [Need] {
        match self {
            Self::Lint => &[Need::Lints, Need::WasmTarget],
            Self::Native | Self::Alone => &[],
            Self::Wasm => &[Need::WasmTarget, Need::WasmBindgen],
            Self::Official => &[Need::Node, Need::Chromium],
            Self::Size => &size::NEEDS,
            Self::E2e => &[Need::WasmTarget, Need::WasmBindgen, Need::Trunk],
        }
    }

    /// Runs the part. Failed tests go to the report.
    ///
    /// # Errors
    ///
    /// A step cannot be run at all, so no further part can be run.
    pub fn run(
        self,
        tools: &Toolbox,
        engines: &[Engine],
        filter: &[String],
        report: &mut TestReport<impl Write>,
    ) -> Result<()> {
        match self {
            Self::Lint => lint(tools, report),
            Self::Native => native(tools, filter, report),
            Self::Alone => alone(tools, filter, report),
            Self::Wasm => wasm(tools, engines, filter, report),
            Self::Official => official(tools, filter, report),
            Self::E2e => e2e(tools, engines, filter, report),
            Self::Size => size_budget(tools, report),
        }
    }
}

fn lint(tools: &Toolbox, report: &mut TestReport<impl Write>) -> Result<()> {
    report.check("formatting", &mut tools.cargo("fmt --all --check"))?;
    // The fuzz targets are a workspace of their own.
    let fuzz = "fmt --manifest-path fuzz/Cargo.toml --check";
    report.check("formatting of the fuzz targets", &mut tools.cargo(fuzz))?;
    let others = PAGES.into_iter().chain(SSR.map(SsrApp::name));
    let others = others.map(|package| format!(" --exclude {package}")).collect::<String>();
    let native = format!("clippy --keep-going --workspace{others} --all-targets -- -D warnings");
    report.check("clippy, native", &mut tools.cargo(&native))?;
    let pages = PAGES.map(|package| format!("-p {package}")).join(" ");
    let wasm = format!(
        "clippy --keep-going -p convex-web -p convex-testkit-web -p convex-leptos {pages} --all-targets {WASM} -- -D warnings"
    );
    report.check("clippy, WASM", &mut tools.cargo(&wasm))?;
    let features = [("server", "ssr", ""), ("browser", "hydrate", WASM)];
    for (place, feature, target) in features {
        let words =
            format!("clippy -p convex-leptos --features {feature} --all-targets {target} -- -D warnings");
        report
            .check(&format!("clippy, convex-leptos with {feature} in a {place}"), &mut tools.cargo(&words))?;
    }
    // Cloudflare Workers: compiled, not tested.
    let worker = format!("check -p convex-leptos --features ssr {WASM}");
    report.check("convex-leptos as a server in WASM", &mut tools.cargo(&worker))?;
    let ssr = |feature: &str| SSR.map(|app| format!("-p {0} --features {0}/{feature}", app.name())).join(" ");
    let servers = format!("clippy --keep-going {} --all-targets -- -D warnings", ssr("ssr"));
    report.check("clippy, servers of server-rendered apps", &mut tools.cargo(&servers))?;
    let pages = format!("clippy --keep-going {} --lib {WASM} -- -D warnings", ssr("hydrate"));
    report.check("clippy, pages of server-rendered apps", &mut tools.cargo(&pages))?;
    report.check(
        "docs",
        tools
            // With the items of a server.
            .cargo(&format!("doc --workspace{others} --no-deps --features convex-leptos/ssr"))
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    Ok(())
}

fn native(tools: &Toolbox, filter: &[String], report: &mut TestReport<impl Write>) -> Result<()> {
    report.tests("native tests", &mut tests(tools.cargo("test --no-fail-fast"), filter))?;
    let bench = tools.cargo("test --no-fail-fast -p bench --bins --tests");
    report.tests("tests of the benchmark's runner", &mut tests(bench, filter))
}

fn alone(tools: &Toolbox, filter: &[String], report: &mut TestReport<impl Write>) -> Result<()> {
    for package in PUBLISHED {
        let command = tools.cargo(&format!("test --no-fail-fast -p {package}"));
        report.tests(&format!("{package} alone"), &mut tests(command, filter))?;
    }
    for (package, feature) in [("convex-web", "server"), ("convex-leptos", "ssr")] {
        let command = tools.cargo(&format!("test --no-fail-fast -p {package} --features {feature}"));
        report.tests(&format!("{package} on a server"), &mut tests(command, filter))?;
    }
    Ok(())
}

/// Builds each package's tests once, and runs them in one browser after the other.
fn wasm(
    tools: &Toolbox,
    engines: &[Engine],
    filter: &[String],
    report: &mut TestReport<impl Write>,
) -> Result<()> {
    for package in BROWSER_TESTED {
        let words = format!("test --no-fail-fast --tests -p {package} {WASM}");
        if !report
            .preparation(&format!("{package}'s component tests"), tools.cargo(&words).arg("--no-run"))?
        {
            continue;
        }
        for engine in engines {
            let mut command = engine.command(tools, &words);
            engine.select(&mut command)?;
            command.envs(TIMEOUTS);
            report.tests(&format!("{package} in {}", engine.name()), &mut tests(command, filter))?;
        }
    }
    hydration(tools, engines, filter, report)
}

/// How long the runner of component tests waits for a file of tests, and for the browser's driver to
/// start, in seconds. Its defaults are too short for a busy machine.
const TIMEOUTS: [(&str, &str); 2] =
    [("WASM_BINDGEN_TEST_TIMEOUT", "300"), ("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")];

/// The feature `hydrate`, in the first browser.
fn hydration(
    tools: &Toolbox,
    engines: &[Engine],
    filter: &[String],
    report: &mut TestReport<impl Write>,
) -> Result<()> {
    let Some(engine) = engines.first() else { return Ok(()) };
    let words = format!("test --no-fail-fast -p convex-leptos --features hydrate --test hydration {WASM}");
    let mut command = engine.command(tools, &words);
    engine.select(&mut command)?;
    command.envs(TIMEOUTS);
    report.tests(&format!("hydration in {}", engine.name()), &mut tests(command, filter))
}

fn official(tools: &Toolbox, filter: &[String], report: &mut TestReport<impl Write>) -> Result<()> {
    let folder = workspace::root().join("tests/official");
    let ready = match npm::missing_packages(tools, &folder) {
        Some(mut install) => report.preparation("npm packages of the official client", &mut install)?,
        None => true,
    };
    let ready = ready && report.preparation("dev server", &mut tools.cargo("build -p convex-dev-server"))?;
    if !ready {
        return Ok(());
    }
    let mut node = tools.command("node");
    node.current_dir(&folder).args(["--test", "--test-reporter=spec"]);
    if let Some(name) = filter.first() {
        node.arg(format!("--test-name-pattern={name}"));
    }
    node.env("CONVEX_DEV_SERVER", workspace::binary("convex-dev-server")?);
    report.tests("official npm client, in Node and Chromium", &mut node)?;
    let mut record = tools.command("node");
    record.current_dir(&folder).args(["record/main.js", "check"]);
    report.check("golden frames are what the official client sends", &mut record)?;
    let mut command = tools.cargo("test --no-fail-fast -p e2e");
    command.args(OFFICIAL.iter().flat_map(|file| ["--test", file]));
    // These tests mostly wait, for Node and for reconnects, so more can run than there are cores.
    command.env("RUST_TEST_THREADS", "6");
    report.tests("official crate, and scripts through both clients", &mut tests(command, filter))
}

fn e2e(
    tools: &Toolbox,
    engines: &[Engine],
    filter: &[String],
    report: &mut TestReport<impl Write>,
) -> Result<()> {
    for app in [TrunkApp::Demo, TrunkApp::Minimal, TrunkApp::Chat] {
        if !report.preparation(app.name(), &mut app.build(tools, &dist(app)?))? {
            return Ok(());
        }
    }
    for (title, mut step) in SsrProfile::Dev.steps(&SSR, tools)? {
        if !report.preparation(title, &mut step)? {
            return Ok(());
        }
    }
    SsrProfile::Dev.finish(&SSR)?;
    let all = test_files()?.into_iter().filter(|name| !OFFICIAL.contains(&name.as_str()));
    let all = all.map(|name| format!(" --test {name}")).collect::<String>();
    for engine in engines {
        let files =
            if *engine == Engine::Chromium { format!("--lib{all}") } else { format!("--test {SMOKE}") };
        let mut command = engine.command(tools, &format!("test --no-fail-fast -p e2e {files}"));
        command.env("DEMO_DIST", dist(TrunkApp::Demo)?).env("CHAT_DIST", dist(TrunkApp::Chat)?);
        for (app, server, site) in
            [(SsrApp::Example, "SSR_SERVER", "SSR_SITE"), (SsrApp::Islands, "ISLANDS_SERVER", "ISLANDS_SITE")]
        {
            command.env(server, app.server(SsrProfile::Dev)?).env(site, app.site(SsrProfile::Dev)?);
        }
        command.env("E2E_BROWSER", engine.name());
        report.tests(&format!("end to end in {}", engine.name()), &mut tests(command, filter))?;
    }
    Ok(())
}

/// The names of the test files of package `e2e`.
fn test_files() -> Result<Vec<String>> {
    let files = workspace::names(&workspace::root().join("tests/tests"))?;
    Ok(files.iter().filter_map(|file| file.strip_suffix(".rs")).map(str::to_owned).collect())
}

fn size_budget(tools: &Toolbox, report: &mut TestReport<impl Write>) -> Result<()> {
    // Through cargo, because the tests may have rebuilt xtask and replaced its binary.
    report.check("size of a small app", &mut tools.cargo("run --quiet --package xtask -- size"))?;
    Ok(())
}

/// The folder that an app is built into for the tests.
fn dist(app: TrunkApp) -> Result<PathBuf> {
    workspace::build_folder(&format!("{}-dist", app.name().replace(' ', "-")))
}

fn tests(mut command: Command, filter: &[String]) -> Command {
    command.arg("--").args(filter);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::BrowserChoice;

    #[test]
    fn choosing_one_browser_installs_no_other() {
        let all = [Need::Chromium, Need::Firefox, Need::WebKit];
        for (choice, expected) in [
            (BrowserChoice::Chromium, &all[..1]),
            (BrowserChoice::Firefox, &all[1..2]),
            (BrowserChoice::Webkit, &all[2..]),
            (BrowserChoice::All, &all[..]),
        ] {
            let mut needed = needs(&[TestPart::Wasm, TestPart::E2e], choice.engines());
            needed.retain(|need| all.contains(need));
            needed.sort_by_key(|need| all.iter().position(|other| other == need));
            assert_eq!(needed, expected, "{choice:?}");
        }
        assert_eq!(needs(&[TestPart::Native], BrowserChoice::All.engines()), []);
    }
}
