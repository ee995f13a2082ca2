//! The pages that Trunk builds.

use std::{path::Path, process::Command};

use clap::ValueEnum;

use crate::setup::Toolbox;

/// A Leptos app of this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// The hard-refresh race and its fix, side by side
    #[value(skip)]
    Demo,
    /// A counter that everybody shares, in twenty lines
    Minimal,
    /// A chat, with sign-in, optimistic updates and pagination
    Chat,
}

impl Page {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Minimal => "example minimal",
            Self::Chat => "example chat",
        }
    }

    /// Its folder in the checkout.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Demo => "demo-app",
            Self::Minimal => "examples/minimal",
            Self::Chat => "examples/chat",
        }
    }

    /// Builds it in the dev profile, into this folder.
    pub fn build(self, tools: &Toolbox, dist: &Path) -> Command {
        build(tools, &format!("{}/index.html", self.folder()), dist)
    }
}

/// Builds what an HTML file of this checkout asks for, into this folder; further arguments say how.
pub fn build(tools: &Toolbox, html: &str, dist: &Path) -> Command {
    let mut trunk = tools.command("trunk");
    trunk.args(["build", "--offline=true", "--dist"]).arg(dist).arg(html);
    trunk
}
