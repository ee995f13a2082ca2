//! `examples/ssr`: builds its server and its page without cargo-leptos, as cargo-leptos does.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

use crate::{
    process,
    setup::{Need, Toolbox},
    workspace,
};

/// The package, the server's binary, and the `output-name` of the page's files.
const NAME: &str = "example-ssr";
const FOLDER: &str = "examples/ssr";
const TARGET: &str = "wasm32-unknown-unknown";

/// A build of the example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsrBuild {
    /// With cargo's dev profile.
    Dev,
    /// For production: optimized, and with compressed files beside the page's own.
    Release,
}

impl SsrBuild {
    /// The tools that the build needs.
    pub fn needs(self) -> &'static [Need] {
        match self {
            Self::Dev => &[Need::WasmTarget, Need::WasmBindgen],
            Self::Release => &[Need::WasmTarget, Need::Node, Need::WasmOpt, Need::WasmBindgen],
        }
    }

    /// Builds the server and the page.
    pub fn build(self, tools: &Toolbox) -> Result<()> {
        for (_, mut step) in self.steps(tools)? {
            process::run(&mut step)?;
        }
        self.finish()
    }

    /// The commands of the build with their titles. [`finish`](Self::finish) does the rest.
    pub fn steps(self, tools: &Toolbox) -> Result<Vec<(&'static str, Command)>> {
        let (server_profile, page_profile) = match self {
            Self::Dev => ("dev", "dev"),
            Self::Release => ("release", "wasm-release"),
        };
        let cargo = |features: &str, profile: &str| {
            tools.cargo(&format!("build --package {NAME} {features} --profile {profile}"))
        };
        let mut bindgen = tools.command("wasm-bindgen");
        bindgen.args(["--target", "web", "--no-typescript", "--out-name", NAME]);
        bindgen.arg("--out-dir").arg(self.pkg()?).arg(self.library()?);
        let mut steps = vec![
            ("server of example ssr", cargo(&format!("--bin {NAME} --features ssr"), server_profile)),
            (
                "page of example ssr",
                cargo(&format!("--lib --features hydrate --target {TARGET}"), page_profile),
            ),
            ("JavaScript of example ssr", bindgen),
        ];
        if self == Self::Release {
            let wasm = self.pkg()?.join(format!("{NAME}_bg.wasm"));
            let mut optimize = tools.command("wasm-opt");
            optimize.arg("-O3").arg(&wasm).arg("-o").arg(&wasm);
            steps.push(("optimized WASM of example ssr", optimize));
        }
        Ok(steps)
    }

    /// Adds the style sheet and the files of `public` to the page. In a release build, compresses
    /// what the page loads.
    pub fn finish(self) -> Result<()> {
        let example = workspace::root().join(FOLDER);
        let (assets, site, pkg) = (example.join("public"), self.site()?, self.pkg()?);
        for name in workspace::names(&assets)? {
            copy(&assets.join(&name), &site.join(&name))?;
        }
        copy(&example.join("style/main.css"), &pkg.join(format!("{NAME}.css")))?;
        if self == Self::Release {
            for name in workspace::names(&pkg)?.iter().filter(|name| !name.ends_with(".br")) {
                compress(&pkg.join(name))?;
            }
        }
        Ok(())
    }

    /// The command that starts the server on a port of the loopback interface. `deployment` is the
    /// origin of the deployment and of Better Auth.
    pub fn start(self, tools: &Toolbox, port: u16, deployment: &str) -> Result<Command> {
        let mut command = tools.command(self.server()?);
        command.env("LEPTOS_OUTPUT_NAME", NAME).env("LEPTOS_SITE_ROOT", self.site()?);
        command.env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"));
        command.env("CONVEX_URL", deployment).env("CONVEX_SITE_URL", deployment);
        Ok(command)
    }

    /// The built server.
    pub fn server(self) -> Result<PathBuf> {
        match self {
            Self::Dev => workspace::binary(NAME),
            Self::Release => Ok(workspace::target()?.join("release").join(NAME)),
        }
    }

    /// The folder of the built page.
    pub fn site(self) -> Result<PathBuf> {
        workspace::build_folder(match self {
            Self::Dev => "example-ssr-site",
            Self::Release => "example-ssr-release-site",
        })
    }

    /// The folder of the page's script, WASM and style sheet.
    fn pkg(self) -> Result<PathBuf> {
        Ok(self.site()?.join("pkg"))
    }

    /// The page's part of the app, as cargo builds it.
    fn library(self) -> Result<PathBuf> {
        let profile = match self {
            Self::Dev => "debug",
            Self::Release => "wasm-release",
        };
        let file = format!("{}.wasm", NAME.replace('-', "_"));
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
