//! Server-rendered apps: builds their servers and pages without cargo-leptos, as cargo-leptos does.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

use crate::{
    app::WASM_OPT_PARAMS,
    process,
    setup::{Need, Toolbox},
    workspace,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// An app that axum renders. Its features `ssr` and `hydrate` select the server or the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsrApp {
    /// The example with axum and cargo-leptos's usual layout.
    Example,
    /// A page of islands, for a test.
    Islands,
}

/// How apps are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsrProfile {
    /// With cargo's dev profile.
    Dev,
    /// For production: optimized, and with compressed files beside the page's own.
    Release,
}

impl SsrProfile {
    /// The tools that a build needs.
    pub fn needs(self) -> &'static [Need] {
        match self {
            Self::Dev => &[Need::WasmTarget, Need::WasmBindgen],
            Self::Release => &[Need::WasmTarget, Need::Node, Need::WasmOpt, Need::Esbuild, Need::WasmBindgen],
        }
    }

    /// Builds the servers and the pages of these apps.
    pub fn build(self, apps: &[SsrApp], tools: &Toolbox) -> Result<()> {
        for (_, mut step) in self.steps(apps, tools)? {
            process::run(&mut step)?;
        }
        self.finish(apps)
    }

    /// The commands of a build with their titles. [`finish`](Self::finish) does the rest.
    ///
    /// One command builds the servers of all apps, and one all pages: in two, the apps' different
    /// features would compile Leptos twice.
    pub fn steps(self, apps: &[SsrApp], tools: &Toolbox) -> Result<Vec<(&'static str, Command)>> {
        let (server_profile, page_profile) = match self {
            Self::Dev => ("dev", "dev"),
            Self::Release => ("release", "wasm-release"),
        };
        let cargo = |feature: &str, options: &str| {
            let packages =
                apps.iter().map(|app| format!(" --package {0} --features {0}/{feature}", app.name()));
            tools.cargo(&format!("build{} {options}", packages.collect::<String>()))
        };
        let mut steps = vec![
            ("servers of server-rendered apps", cargo("ssr", &format!("--bins --profile {server_profile}"))),
            (
                "pages of server-rendered apps",
                cargo("hydrate", &format!("--lib --target {TARGET} --profile {page_profile}")),
            ),
        ];
        for app in apps {
            let mut bindgen = tools.command("wasm-bindgen");
            bindgen.args(["--target", "web", "--no-typescript", "--out-name", app.name()]);
            bindgen.arg("--out-dir").arg(app.pkg(self)?).arg(app.library(self)?);
            steps.push(("JavaScript of a server-rendered app", bindgen));
            if self == Self::Release {
                let wasm = app.pkg(self)?.join(format!("{}_bg.wasm", app.name()));
                let mut optimize = tools.command("wasm-opt");
                optimize.arg("-O3").args(WASM_OPT_PARAMS).arg(&wasm).arg("-o").arg(&wasm);
                steps.push(("optimized WASM of a server-rendered app", optimize));
                let script = app.pkg(self)?.join(format!("{}.js", app.name()));
                let mut minify = tools.command("esbuild");
                minify.arg(&script).args(["--minify", "--allow-overwrite", "--log-level=warning"]);
                minify.arg(format!("--outfile={}", script.display()));
                steps.push(("minified JavaScript of a server-rendered app", minify));
            }
        }
        Ok(steps)
    }

    /// Adds the style sheets and the files of `public` to the pages. In a release build, compresses
    /// what the pages load.
    pub fn finish(self, apps: &[SsrApp]) -> Result<()> {
        for app in apps {
            app.copy_assets(self)?;
            if self == Self::Release {
                let pkg = app.pkg(self)?;
                for name in workspace::names(&pkg)?.iter().filter(|name| !name.ends_with(".br")) {
                    compress(&pkg.join(name))?;
                }
            }
        }
        Ok(())
    }
}

impl SsrApp {
    /// The command that starts the server on a port of the loopback interface. `deployment` is the
    /// origin of the deployment and of Better Auth.
    pub fn start(self, profile: SsrProfile, tools: &Toolbox, port: u16, deployment: &str) -> Result<Command> {
        let mut command = tools.command(self.server(profile)?);
        command.env("LEPTOS_OUTPUT_NAME", self.name()).env("LEPTOS_SITE_ROOT", self.site(profile)?);
        command.env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"));
        command.env("CONVEX_URL", deployment).env("CONVEX_SITE_URL", deployment);
        Ok(command)
    }

    /// The built server.
    pub fn server(self, profile: SsrProfile) -> Result<PathBuf> {
        match profile {
            SsrProfile::Dev => workspace::binary(self.name()),
            SsrProfile::Release => Ok(workspace::target()?.join("release").join(self.name())),
        }
    }

    /// The folder of the built page.
    pub fn site(self, profile: SsrProfile) -> Result<PathBuf> {
        let suffix = match profile {
            SsrProfile::Dev => "site",
            SsrProfile::Release => "release-site",
        };
        workspace::build_folder(&format!("{}-{suffix}", self.name()))
    }

    /// The package, the server's binary, and the `output-name` of the page's files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Example => "example-ssr",
            Self::Islands => "islands-page",
        }
    }

    fn copy_assets(self, profile: SsrProfile) -> Result<()> {
        // The page of islands has none.
        if self == Self::Example {
            let example = workspace::root().join("examples/ssr");
            let (assets, site) = (example.join("public"), self.site(profile)?);
            for name in workspace::names(&assets)? {
                copy(&assets.join(&name), &site.join(&name))?;
            }
            copy(&example.join("style/main.css"), &self.pkg(profile)?.join(format!("{}.css", self.name())))?;
        }
        Ok(())
    }

    /// The folder of the page's script, WASM and style sheet.
    fn pkg(self, profile: SsrProfile) -> Result<PathBuf> {
        Ok(self.site(profile)?.join("pkg"))
    }

    /// The page's part of the app, as cargo builds it.
    fn library(self, profile: SsrProfile) -> Result<PathBuf> {
        let profile = match profile {
            SsrProfile::Dev => "debug",
            SsrProfile::Release => "wasm-release",
        };
        let file = format!("{}.wasm", self.name().replace('-', "_"));
        Ok(workspace::target()?.join(TARGET).join(profile).join(file))
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Writes the compressed file beside the original. The server sends it to browsers that accept it.
pub fn compress(path: &Path) -> Result<()> {
    let mut compressed = path.as_os_str().to_owned();
    compressed.push(".br");
    let write = || {
        let (mut from, mut to) = (File::open(path)?, File::create(&compressed)?);
        brotli::BrotliCompress(&mut from, &mut to, &BrotliEncoderParams::default())
    };
    write().with_context(|| format!("cannot compress {}", path.display()))?;
    Ok(())
}
