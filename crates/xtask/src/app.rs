//! The apps that Trunk builds.

use std::{path::Path, process::Command};

use crate::setup::Toolbox;

/// The parameters of wasm-opt after `-O3` that `docs/performance.md` recommends.
///
/// `--low-memory-unused` assumes that the first 1,024 bytes of the memory are not used. They are
/// the last bytes of the stack: rustc lets the linker place the stack first, and it grows down to
/// address 0. Only a program whose stack is about to overflow uses them, and its next frame traps.
pub const WASM_OPT_PARAMS: [&str; 4] = [
    "--one-caller-inline-max-function-size=0",
    "--low-memory-unused",
    "--dealign",
    "--reorder-functions-by-name",
];

/// A Leptos app of this workspace that Trunk builds and serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrunkApp {
    Demo,
    Minimal,
    Chat,
}

impl TrunkApp {
    /// The app's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Minimal => "example minimal",
            Self::Chat => "example chat",
        }
    }

    /// The app's folder in the checkout.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Demo => "demo-app",
            Self::Minimal => "examples/minimal",
            Self::Chat => "examples/chat",
        }
    }

    /// The command that builds the app in the dev profile into `dist`.
    pub fn build(self, tools: &Toolbox, dist: &Path) -> Command {
        build_html(tools, &format!("{}/index.html", self.folder()), dist)
    }
}

/// The command with which Trunk builds an HTML file of this checkout into `dist`. The caller may
/// add options.
pub fn build_html(tools: &Toolbox, html: &str, dist: &Path) -> Command {
    let mut trunk = tools.command("trunk");
    trunk.args(["build", "--offline=true", "--dist"]).arg(dist).arg(html);
    trunk
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn every_page_is_built_with_the_recommended_parameters() {
        let root = workspace::root();
        let bench = workspace::names(&root.join("bench/ours")).expect("the folder is in the checkout");
        let pages =
            bench.iter().filter(|name| name.ends_with(".html")).map(|name| format!("bench/ours/{name}"));
        let apps = [TrunkApp::Demo, TrunkApp::Minimal, TrunkApp::Chat].map(TrunkApp::folder);
        let apps =
            apps.into_iter().chain(["bench/browser_only"]).map(|folder| format!("{folder}/index.html"));
        let quoted = WASM_OPT_PARAMS.map(|param| format!("{param:?}")).join(", ");
        let texts = [("docs/performance.md", quoted.clone()), ("examples/ssr/Cargo.toml", quoted)];
        let texts = texts.map(|(file, text)| (file.to_owned(), text));
        let joined = WASM_OPT_PARAMS.join(" ");
        let all = pages.chain(apps).chain(["docs/performance.md".to_owned()]);
        for (file, text) in all.map(|file| (file, joined.clone())).chain(texts) {
            let content = fs::read_to_string(root.join(&file)).expect("the file is in the checkout");
            assert!(content.contains(&text), "{file} lacks {text}");
        }
    }
}
