//! `cargo xtask demo` and `cargo xtask example`: starts the dev server, then the server of the
//! page: Trunk, which proxies to the dev server, or the page's own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    app::TrunkApp,
    process::{self, Process},
    setup::{Need, Toolbox},
    ssr_app::{SsrApp, SsrProfile},
    workspace,
};

/// The dev server's port in the committed `Trunk.toml`.
const SERVER_PORT: u16 = 3210;
const POLL: Duration = Duration::from_millis(100);
const SERVER_START: Duration = Duration::from_secs(20);
/// Network latency in milliseconds, one way. It makes the demo's race visible, as over a real
/// network.
const LATENCY: &str = "100";

#[derive(Debug, clap::Args)]
pub struct ServeOptions {
    /// The port of the page
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port of the dev server
    #[arg(long, default_value_t = SERVER_PORT)]
    server_port: u16,
}

#[derive(Debug, clap::Args)]
pub struct ExampleOptions {
    /// The example to serve
    #[arg(value_enum)]
    example: Example,
    #[command(flatten)]
    ports: ServeOptions,
    /// Build for production, which takes a few minutes
    #[arg(long)]
    release: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Example {
    /// A shared counter in twenty lines
    Minimal,
    /// A chat with sign-in, optimistic updates and pagination
    Chat,
    /// A notice board that axum renders on the server
    Ssr,
}

/// Builds and serves the demo with its dev server until Ctrl-C.
pub fn run(options: &ServeOptions) -> Result<()> {
    serve_with_trunk(TrunkApp::Demo, options, false)
}

/// Builds and serves an example with its dev server until Ctrl-C.
pub fn run_example(ExampleOptions { example, ports, release }: &ExampleOptions) -> Result<()> {
    match example {
        Example::Minimal => serve_with_trunk(TrunkApp::Minimal, ports, *release),
        Example::Chat => serve_with_trunk(TrunkApp::Chat, ports, *release),
        Example::Ssr => {
            let profile = if *release { SsrProfile::Release } else { SsrProfile::Dev };
            serve("example ssr", profile.needs(), ports, |tools| {
                profile.build(&[SsrApp::Example], tools)?;
                let deployment = format!("http://127.0.0.1:{}", ports.server_port);
                Process::spawn(&mut SsrApp::Example.start(profile, tools, ports.port, &deployment)?)
            })
        }
    }
}

fn serve_with_trunk(app: TrunkApp, options: &ServeOptions, release: bool) -> Result<()> {
    let needs = [Need::WasmTarget, Need::WasmBindgen, Need::Trunk];
    serve(app.name(), &needs, options, |tools| {
        let mut trunk = trunk(app, tools, options)?;
        if release {
            trunk.arg("--release");
        }
        Process::spawn(&mut trunk)
    })
}

/// Starts the dev server and a page, and returns on Ctrl-C. `start` builds the page and starts the
/// process that serves it.
fn serve(
    name: &str,
    needs: &[Need],
    options: &ServeOptions,
    start: impl FnOnce(&Toolbox) -> Result<Process>,
) -> Result<()> {
    ensure!(options.port != options.server_port, "--port and --server-port must differ");
    require_free(options.port, "--port")?;
    require_free(options.server_port, "--server-port")?;
    let tools = Toolbox::with(needs)?;

    println!("Building the dev server; the first build takes a minute or two.");
    process::run(&mut tools.cargo("build --package convex-dev-server --bin convex-dev-server"))?;
    let server = start_server(&tools, options.server_port)?;

    println!("Building the {name}; the first build takes a minute or two.");
    let mut page = start(&tools)?;
    let page_server = "the page's server";
    wait_for_port(&mut page, options.port, page_server, None)?;

    println!("\n    The {name} is at http://127.0.0.1:{}\n    Ctrl-C stops it.\n", options.port);
    run_until_interrupted(&mut [(server, "the dev server"), (page, page_server)])
}

/// Returns on Ctrl-C, or with an error as soon as one of the processes ends.
fn run_until_interrupted(processes: &mut [(Process, &str)]) -> Result<()> {
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
    wait_for_port(&mut server, port, "the dev server", Some(SERVER_START))?;
    Ok(server)
}

fn trunk(app: TrunkApp, tools: &Toolbox, options: &ServeOptions) -> Result<Command> {
    let mut trunk = tools.command("trunk");
    trunk.args(["serve", "--offline=true", "--port", &options.port.to_string(), "--config"]);
    trunk.arg(trunk_config(app, options.server_port)?);
    Ok(trunk)
}

/// `Trunk.toml`, or a copy of it for another app or with proxies to another port.
fn trunk_config(app: TrunkApp, server_port: u16) -> Result<PathBuf> {
    let committed = workspace::root().join("Trunk.toml");
    if app == TrunkApp::Demo && server_port == SERVER_PORT {
        return Ok(committed);
    }
    let text =
        fs::read_to_string(&committed).with_context(|| format!("cannot read {}", committed.display()))?;
    let folder = workspace::build_folder(&app.name().replace(' ', "-"))?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let copy = folder.join("Trunk.toml");
    fs::write(&copy, adapt_config(&text, &workspace::root().to_string_lossy(), app, server_port))
        .with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy)
}

/// The demo's configuration for another app and server port. Paths become absolute because the copy
/// is in another folder.
fn adapt_config(config: &str, root: &str, app: TrunkApp, server_port: u16) -> String {
    config
        .replace(&format!("./{}/", TrunkApp::Demo.folder()), &format!("./{}/", app.folder()))
        .replace("\"./", &format!("\"{root}/"))
        .replace(&format!("127.0.0.1:{SERVER_PORT}/"), &format!("127.0.0.1:{server_port}/"))
}

fn require_free(port: u16, option: &str) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "cannot use port {port} ({error})\n\
             stop the program that uses it, perhaps another demo, or choose another port with {option}"
        ),
    }
}

/// Waits until the process accepts connections on the port.
///
/// # Errors
///
/// The process ends first, the limit is exceeded, or Ctrl-C was pressed.
fn wait_for_port(process: &mut Process, port: u16, name: &str, limit: Option<Duration>) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let start = Instant::now();
    while TcpStream::connect_timeout(&address, POLL).is_err() {
        ensure!(!process::interrupted(), "interrupted");
        fail_if_ended(process, name)?;
        if let Some(limit) = limit {
            ensure!(
                start.elapsed() < limit,
                "{name} does not accept connections on port {port} after {} s",
                limit.as_secs()
            );
        }
        thread::sleep(POLL);
    }
    Ok(())
}

fn fail_if_ended(process: &mut Process, name: &str) -> Result<()> {
    match process.ended()? {
        Some(status) if !process::interrupted() => {
            bail!("{name} ended ({status}); its output above says why")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_configuration_adapts_to_another_app_and_port() {
        let committed = fs::read_to_string(workspace::root().join("Trunk.toml")).expect("Trunk.toml exists");

        let adapted = adapt_config(&committed, "/checkout", TrunkApp::Minimal, 4000);

        assert!(adapted.contains("\"/checkout/examples/minimal/index.html\""), "{adapted}");
        assert!(!adapted.contains("demo-app"), "{adapted}");
        assert!(adapted.contains("\"ws://127.0.0.1:4000/api/"), "{adapted}");
        assert!(!adapted.contains("3210"), "{adapted}");
    }

    #[test]
    fn error_for_a_used_port_names_the_option() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = listener.local_addr().expect("the listener is bound").port();
        let error = require_free(port, "--port").expect_err("the port is in use");
        assert!(error.to_string().contains("--port"), "{error}");
    }
}
