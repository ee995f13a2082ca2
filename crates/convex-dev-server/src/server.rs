//! The server: its parts, assembled and bound to a port.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use axum::{Router, middleware::from_fn_with_state, routing::get, serve::ListenerExt};
use tokio::{
    net::{TcpListener, TcpSocket},
    select,
    time::timeout,
};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use crate::{
    Options,
    clock::ServerClock,
    delay::{SlowNetwork, slow_down},
    deployment::DeploymentHost,
    dev::{self, DevState},
    http,
    identity::{self, IdentityService, TokenVerifier},
    journal::Journal,
    knobs::KnobPanel,
    page,
    shutdown::{Shutdown, Stop},
    sync,
};

/// How long requests and sockets may take to end when the server stops.
const STOPPING: Duration = Duration::from_secs(5);
/// How long a browser may cache what another origin is allowed.
const CORS_MAX_AGE: Duration = Duration::from_secs(86_400);
const BACKLOG: u32 = 1024;

/// A running server. Dropping it stops it; [`shutdown`](Self::shutdown) waits for the end.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Stop,
}

impl Server {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The deployment's URL.
    pub fn url(&self) -> String {
        url(self.address)
    }

    /// Closes all sockets, lets requests finish, and waits until the port is free.
    pub async fn shutdown(self) {
        if timeout(STOPPING, self.stop.stop()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}

/// Starts a server.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// use convex_dev_server::{Options, serve};
///
/// let server = serve(Options::on_a_free_port()).await?;
/// println!("CONVEX_URL={}", server.url());
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The address cannot be bound. If its port is taken, the message names `--port`.
pub async fn serve(options: Options) -> Result<Server> {
    let listener = listen(SocketAddr::new(options.host, options.port))?;
    let address = listener.local_addr().context("the listener has no address")?;
    let (stop, shutdown) = Stop::new();
    let router = assemble(&options, address, &shutdown)?;
    tokio::spawn(async move {
        let mut stopping = shutdown.clone();
        // Frames are small and latency is measured: they must not wait for a fuller packet.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY was refused");
            }
        });
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { stopping.requested().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the server failed");
        }
        drop(shutdown);
    });
    Ok(Server { address, stop })
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart must not wait until the connections of the last run time out.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "port {} of {} is taken: stop what listens there, or choose another port with --port (0 takes a free one)",
            address.port(),
            address.ip(),
        ),
        _ => anyhow!(error).context(format!("cannot listen on {address}")),
    })
}

/// All routes, and the task that drives the deployment's timers.
fn assemble(options: &Options, address: SocketAddr, shutdown: &Shutdown) -> Result<Router> {
    let clock = ServerClock::start();
    let panel = KnobPanel::new(options.knobs());
    let journal = Arc::new(Journal::default());
    let identity = IdentityService::new(url(address), clock, panel.clone(), Arc::clone(&journal))?;
    let verifier = TokenVerifier::new(vec![identity.auth_config()], panel.clone());
    let deployment = Arc::new(DeploymentHost::new(verifier, clock, panel.clone(), Arc::clone(&journal)));
    keep_time(Arc::clone(&deployment), shutdown.clone());

    let network = SlowNetwork { panel: panel.clone(), shutdown: shutdown.clone() };
    let slow = sync::routes(Arc::clone(&deployment), network.clone())
        .merge(http::routes(Arc::clone(&deployment)))
        .merge(identity::routes(Arc::new(identity)))
        .layer(from_fn_with_state(network, slow_down));
    let router =
        slow.merge(dev::routes(DevState { clock, panel, journal, deployment, shutdown: shutdown.clone() }));
    let router = match &options.page {
        Some(folder) => router.fallback_service(page::routes(folder, options)?),
        None => router.route("/", get(welcome)).fallback(page::not_found),
    };
    Ok(router.layer(cors()))
}

fn keep_time(deployment: Arc<DeploymentHost>, mut shutdown: Shutdown) {
    tokio::spawn(async move {
        select! {
            never = deployment.keep_time() => match never {},
            () = shutdown.requested() => {}
        }
    });
}

/// As a deployment allows it: any origin may call, with cookies.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .max_age(CORS_MAX_AGE)
}

async fn welcome() -> &'static str {
    "This is a Convex deployment for development (convex-dev-server). Point a client at this address.\n"
}

fn url(address: SocketAddr) -> String {
    let reachable = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    };
    format!("http://{reachable}")
}
