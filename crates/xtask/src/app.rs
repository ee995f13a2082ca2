//! The apps that Trunk builds.

use std::{path::Path, process::Command};

use crate::setup::Toolbox;

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
