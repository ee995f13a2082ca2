//! `cargo xtask demo` and `cargo xtask example`: the dev server and, in front of it, Trunk with a
//! page.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    page::Page,
    process::{self, Process},
    setup::{Need, Toolbox},
    workspace,
};

/// The dev server's port in the committed `Trunk.toml`.
const SERVER_PORT: u16 = 3210;
const POLL: Duration = Duration::from_millis(100);
const SERVER_START: Duration = Duration::from_secs(20);
/// In milliseconds, one way: what makes the race visible, as over a real network.
const LATENCY: &str = "100";

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Port of the page
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the dev server
    #[arg(long, default_value_t = SERVER_PORT)]
    server_port: u16,
}

#[derive(Debug, clap::Args)]
pub struct ExampleOptions {
    #[arg(value_enum)]
    example: Page,
    #[command(flatten)]
    ports: Options,
}

pub fn run_example(ExampleOptions { example, ports }: &ExampleOptions) -> Result<()> {
    run(*example, ports)
}

pub fn run(page: Page, options: &Options) -> Result<()> {
    ensure!(options.port != options.server_port, "--port and --server-port must differ");
    require_free(options.port, "--port")?;
    require_free(options.server_port, "--server-port")?;
    let tools = Toolbox::with(&[Need::WasmTarget, Need::WasmBindgen, Need::Trunk])?;

    println!("Building the dev server; the first time its dependencies take a minute or two.");
    process::run(&mut tools.cargo("build --package convex-dev-server --bin convex-dev-server"))?;
    let server = start_server(&tools, options.server_port)?;

    println!("Building the {}; the first time its dependencies take a minute or two.", page.name());
    let mut trunk = start_page(page, &tools, options)?;
    wait_for(&mut trunk, options.port, "Trunk", None)?;

    println!("\n    The {} is at http://127.0.0.1:{}\n    Ctrl-C stops it.\n", page.name(), options.port);
    watch(&mut [(server, "the dev server"), (trunk, "Trunk")])
}

/// Returns when the person stops us, or with an error when one of the two ends by itself.
fn watch(processes: &mut [(Process, &str)]) -> Result<()> {
    while !process::interrupted() {
        for (process, name) in &mut *processes {
            fail_if_ended(process, name)?;
        }
        thread::sleep(POLL);
    }
    println!("Stopping.");
    Ok(())
}

fn start_server(tools: &Toolbox, port: u16) -> Result<Process> {
    let binary = workspace::binary("convex-dev-server")?;
    let mut server =
        Process::spawn(tools.command(binary).args(["--port", &port.to_string(), "--latency", LATENCY]))?;
    wait_for(&mut server, port, "the dev server", Some(SERVER_START))?;
    Ok(server)
}

fn start_page(page: Page, tools: &Toolbox, options: &Options) -> Result<Process> {
    let mut trunk = tools.command("trunk");
    trunk.args(["serve", "--offline=true", "--port", &options.port.to_string(), "--config"]);
    trunk.arg(trunk_config(page, options.server_port)?);
    Process::spawn(&mut trunk)
}

/// `Trunk.toml`, or a copy of it for another page or with proxies that lead to another port.
fn trunk_config(page: Page, server_port: u16) -> Result<PathBuf> {
    let committed = workspace::root().join("Trunk.toml");
    if page == Page::Demo && server_port == SERVER_PORT {
        return Ok(committed);
    }
    let text =
        fs::read_to_string(&committed).with_context(|| format!("cannot read {}", committed.display()))?;
    let folder = workspace::build_folder(&page.name().replace(' ', "-"))?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let copy = folder.join("Trunk.toml");
    fs::write(&copy, redirect(&text, &workspace::root().to_string_lossy(), page, server_port))
        .with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy)
}

/// The same configuration from another folder, with a page and a server's port of its own.
fn redirect(config: &str, root: &str, page: Page, server_port: u16) -> String {
    config
        .replace(&format!("./{}/", Page::Demo.folder()), &format!("./{}/", page.folder()))
        .replace("\"./", &format!("\"{root}/"))
        .replace(&format!("127.0.0.1:{SERVER_PORT}/"), &format!("127.0.0.1:{server_port}/"))
}

fn require_free(port: u16, option: &str) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port} cannot be used ({error})\n\
             another program has it, perhaps another demo: stop that one, or give a free port with {option}"
        ),
    }
}

/// Waits until something answers on the port, or the process is gone, or it is too late.
fn wait_for(process: &mut Process, port: u16, name: &str, limit: Option<Duration>) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let start = Instant::now();
    while TcpStream::connect_timeout(&address, POLL).is_err() {
        ensure!(!process::interrupted(), "interrupted");
        fail_if_ended(process, name)?;
        if let Some(limit) = limit {
            ensure!(start.elapsed() < limit, "{name} did not answer on port {port} in {} s", limit.as_secs());
        }
        thread::sleep(POLL);
    }
    Ok(())
}

fn fail_if_ended(process: &mut Process, name: &str) -> Result<()> {
    match process.ended()? {
        Some(status) if !process::interrupted() => {
            bail!("{name} stopped by itself ({status}); its last lines above say why")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_configuration_can_be_redirected() {
        let committed =
            fs::read_to_string(workspace::root().join("Trunk.toml")).expect("Trunk.toml is there");

        let redirected = redirect(&committed, "/checkout", Page::Minimal, 4000);

        assert!(redirected.contains("\"/checkout/examples/minimal/index.html\""), "{redirected}");
        assert!(!redirected.contains("demo-app"), "{redirected}");
        assert!(redirected.contains("\"ws://127.0.0.1:4000/api/"), "{redirected}");
        assert!(!redirected.contains("3210"), "{redirected}");
    }

    #[test]
    fn a_taken_port_names_the_option_that_helps() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = taken.local_addr().expect("it is bound").port();
        let error = require_free(port, "--port").expect_err("the port is taken");
        assert!(error.to_string().contains("--port"), "{error}");
    }
}
