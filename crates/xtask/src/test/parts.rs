//! What each part of the tests needs and runs.

use std::{io::Write, path::PathBuf, process::Command};

use anyhow::Result;
use clap::ValueEnum;

use super::report::Report;
use crate::{
    browser::Browser,
    npm,
    page::Page,
    setup::{Need, Toolbox},
    size, workspace,
};

/// One layer of the tests, from cheap to dear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Formatting, clippy for native and WASM, and the docs, all without a warning
    Lint,
    /// Unit, property, scenario and doc tests that need no browser
    Native,
    /// The published crates' native tests, each built alone as its users build it
    Alone,
    /// Component tests in Chromium, Firefox and WebKit
    Wasm,
    /// Convex's own clients (npm and crates.io) against the dev server
    Official,
    /// The built demo and examples with the dev server in Chromium, and a smoke set of it in
    /// Firefox and WebKit
    E2e,
    /// A small app's release build against its budget of bytes
    Size,
}

/// Published crates: what they are built with must come from their own dependencies only.
const PUBLISHED: [&str; 3] = ["convex-sync", "convex-web", "convex-leptos"];
/// The packages of the pages: they turn on `leptos/csr`, and run in a browser only.
const PAGES: [&str; 4] = ["demo-app", "example-minimal", "example-chat", "bench-ours"];
/// Crates with component tests; each has a `webdriver.json`.
const BROWSER_TESTED: [&str; 2] = ["convex-testkit-web", "convex-leptos"];
const WASM: &str = "--target wasm32-unknown-unknown";
/// The test files of package `e2e` that belong to the part `official`.
const OFFICIAL: [&str; 2] = ["official_crate", "scripts"];
/// The test file of package `e2e` that runs in every browser. The others use Chromium's own
/// protocol.
const SMOKE: &str = "smoke";

/// Everything the parts need in these browsers, each once.
pub fn needs(parts: &[Part], browsers: &[Browser]) -> Vec<Need> {
    let mut wanted: Vec<Need> = parts.iter().flat_map(|part| part.needs()).copied().collect();
    if parts.iter().any(|part| matches!(part, Part::Wasm | Part::E2e)) {
        wanted.extend(browsers.iter().map(|browser| browser.need()));
    }
    Need::ALL.into_iter().filter(|need| wanted.contains(need)).collect()
}

impl Part {
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

    /// Runs the part. An error means that nothing more can be run; failures go to the report.
    pub fn run(
        self,
        tools: &Toolbox,
        browsers: &[Browser],
        filter: &[String],
        report: &mut Report<impl Write>,
    ) -> Result<()> {
        match self {
            Self::Lint => lint(tools, report),
            Self::Native => native(tools, filter, report),
            Self::Alone => alone(tools, filter, report),
            Self::Wasm => wasm(tools, browsers, filter, report),
            Self::Official => official(tools, filter, report),
            Self::E2e => e2e(tools, browsers, filter, report),
            Self::Size => within_budget(tools, report),
        }
    }
}

fn lint(tools: &Toolbox, report: &mut Report<impl Write>) -> Result<()> {
    report.check("formatting", &mut tools.cargo("fmt --all --check"))?;
    // A workspace of its own.
    let fuzz = "fmt --manifest-path fuzz/Cargo.toml --check";
    report.check("formatting of the fuzz targets", &mut tools.cargo(fuzz))?;
    let not_pages = PAGES.map(|package| format!("--exclude {package}")).join(" ");
    let native = format!("clippy --keep-going --workspace {not_pages} --all-targets -- -D warnings");
    report.check("clippy, native", &mut tools.cargo(&native))?;
    let pages = PAGES.map(|package| format!("-p {package}")).join(" ");
    let wasm = format!(
        "clippy --keep-going -p convex-web -p convex-testkit-web -p convex-leptos {pages} --all-targets {WASM} -- -D warnings"
    );
    report.check("clippy, WASM", &mut tools.cargo(&wasm))?;
    report.check(
        "docs",
        tools.cargo(&format!("doc --workspace {not_pages} --no-deps")).env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    Ok(())
}

fn native(tools: &Toolbox, filter: &[String], report: &mut Report<impl Write>) -> Result<()> {
    report.tests("native tests", &mut tests(tools.cargo("test --no-fail-fast"), filter))?;
    let bench = tools.cargo("test --no-fail-fast -p bench --bins --tests");
    report.tests("the benchmark's own tests", &mut tests(bench, filter))
}

fn alone(tools: &Toolbox, filter: &[String], report: &mut Report<impl Write>) -> Result<()> {
    for package in PUBLISHED {
        let command = tools.cargo(&format!("test --no-fail-fast -p {package}"));
        report.tests(&format!("{package} alone"), &mut tests(command, filter))?;
    }
    let server = tools.cargo("test --no-fail-fast -p convex-leptos --features ssr --test server");
    report.tests("convex-leptos on a server", &mut tests(server, filter))
}

/// Builds each package's tests once, and runs them in one browser after the other.
fn wasm(
    tools: &Toolbox,
    browsers: &[Browser],
    filter: &[String],
    report: &mut Report<impl Write>,
) -> Result<()> {
    for package in BROWSER_TESTED {
        let words = format!("test --no-fail-fast --tests -p {package} {WASM}");
        if !report
            .preparation(&format!("{package}'s component tests"), tools.cargo(&words).arg("--no-run"))?
        {
            continue;
        }
        for browser in browsers {
            let mut command = browser.command(tools, &words);
            browser.select(&mut command)?;
            command.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
            report.tests(&format!("{package} in {}", browser.name()), &mut tests(command, filter))?;
        }
    }
    Ok(())
}

fn official(tools: &Toolbox, filter: &[String], report: &mut Report<impl Write>) -> Result<()> {
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
    // Most of the time they wait, for Node and for the next try to connect.
    command.env("RUST_TEST_THREADS", "6");
    report.tests("official crate, and scripts through both clients", &mut tests(command, filter))
}

fn e2e(
    tools: &Toolbox,
    browsers: &[Browser],
    filter: &[String],
    report: &mut Report<impl Write>,
) -> Result<()> {
    for page in [Page::Demo, Page::Minimal, Page::Chat] {
        if !report.preparation(page.name(), &mut page.build(tools, &dist(page)?))? {
            return Ok(());
        }
    }
    let all = test_files()?.into_iter().filter(|name| !OFFICIAL.contains(&name.as_str()));
    let all = all.map(|name| format!(" --test {name}")).collect::<String>();
    for browser in browsers {
        let files =
            if *browser == Browser::Chromium { format!("--lib{all}") } else { format!("--test {SMOKE}") };
        let mut command = browser.command(tools, &format!("test --no-fail-fast -p e2e {files}"));
        command.env("DEMO_DIST", dist(Page::Demo)?).env("CHAT_DIST", dist(Page::Chat)?);
        command.env("E2E_BROWSER", browser.name());
        report.tests(&format!("end to end in {}", browser.name()), &mut tests(command, filter))?;
    }
    Ok(())
}

/// The names of package `e2e`'s test files.
fn test_files() -> Result<Vec<String>> {
    let files = workspace::names(&workspace::root().join("tests/tests"))?;
    Ok(files.iter().filter_map(|file| file.strip_suffix(".rs")).map(str::to_owned).collect())
}

fn within_budget(tools: &Toolbox, report: &mut Report<impl Write>) -> Result<()> {
    // By cargo: the tests may have built this very program anew, and its file is another one then.
    report.check("size of a small app", &mut tools.cargo("run --quiet --package xtask -- size"))?;
    Ok(())
}

/// Where a page is built for the tests.
fn dist(page: Page) -> Result<PathBuf> {
    workspace::build_folder(&format!("{}-dist", page.name().replace(' ', "-")))
}

fn tests(mut command: Command, filter: &[String]) -> Command {
    command.arg("--").args(filter);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Browsers;

    #[test]
    fn one_browser_installs_no_other() {
        let all = [Need::Chromium, Need::Firefox, Need::WebKit];
        for (browsers, expected) in [
            (Browsers::Chromium, &all[..1]),
            (Browsers::Firefox, &all[1..2]),
            (Browsers::Webkit, &all[2..]),
            (Browsers::All, &all[..]),
        ] {
            let mut needed = needs(&[Part::Wasm, Part::E2e], browsers.list());
            needed.retain(|need| all.contains(need));
            needed.sort_by_key(|need| all.iter().position(|other| other == need));
            assert_eq!(needed, expected, "{browsers:?}");
        }
        assert_eq!(needs(&[Part::Native], Browsers::All.list()), []);
    }
}
