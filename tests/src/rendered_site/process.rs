//! The process of an app's server.

use std::{
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};

use crate::{environment::UNPOISONED, wait::until};

/// The text before the address in the first line of the server's output.
const ANNOUNCEMENT: &str = " is at ";

/// The running server of a server-rendered app. It ends when this is dropped.
#[derive(Debug)]
pub struct SiteProcess {
    _child: Child,
    lines: Lines,
    url: String,
}

/// The output of the process so far.
type Lines = Arc<Mutex<Vec<String>>>;

impl SiteProcess {
    /// Starts the program on a free port with a folder of the page's files, which have the
    /// program's name, for a deployment and a Better Auth service at these addresses.
    ///
    /// # Errors
    ///
    /// The program is not built, or does not start.
    pub async fn start(program: &Path, site: &Path, deployment: &str, auth: &str) -> Result<Self> {
        let name = program.file_name().context("the path of the program has no name")?;
        let mut command = Command::new(program);
        command.env("LEPTOS_OUTPUT_NAME", name).env("LEPTOS_SITE_ROOT", site);
        command.env("LEPTOS_SITE_ADDR", "127.0.0.1:0");
        command.env("CONVEX_URL", deployment).env("CONVEX_SITE_URL", auth);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let lines = Lines::default();
        collect(child.stdout.take().context("the output is piped")?, &lines);
        collect(child.stderr.take().context("the output is piped")?, &lines);
        let announced = async || {
            let lines = lines.lock().expect(UNPOISONED);
            let address =
                |line: &String| line.split_once(ANNOUNCEMENT).map(|(_, address)| address.to_owned());
            Ok(lines.iter().find_map(address))
        };
        let url = until("the app's server to print its address", announced).await?;
        Ok(Self { _child: child, lines, url })
    }

    /// The origin of its pages.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The lines that the server has printed.
    pub fn output(&self) -> Vec<String> {
        self.lines.lock().expect(UNPOISONED).clone()
    }
}

fn collect(output: impl AsyncRead + Unpin + Send + 'static, lines: &Lines) {
    let (mut output, lines) = (BufReader::new(output).lines(), Arc::clone(lines));
    tokio::spawn(async move {
        while let Ok(Some(line)) = output.next_line().await {
            lines.lock().expect(UNPOISONED).push(line);
        }
    });
}
