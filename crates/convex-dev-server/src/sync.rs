//! The sockets of the sync protocol: `GET /api/sync` and `GET /api/{version}/sync`.

use std::{convert::Infallible, future, ops::ControlFlow, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{
        OriginalUri, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use convex_testkit::{ClientVersion, ConnectionId};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{select, sync::Notify, time::timeout};

use crate::{
    delay::{Receiver, Sender, SlowNetwork, delayed},
    deployment::{DeploymentHost, Downstream, SocketHandle},
    http::{CLIENT_HEADER, response},
    knobs::KnobPanel,
    shutdown::Shutdown,
};

/// How long a client may take to answer a closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a socket on a dead network is held open for a client that still trusts it.
const SILENT_TIMEOUT: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
struct Endpoint {
    deployment: Arc<DeploymentHost>,
    network: SlowNetwork,
}

pub(crate) fn routes(deployment: Arc<DeploymentHost>, network: SlowNetwork) -> Router {
    Router::new()
        .route("/api/sync", get(upgrade))
        .route("/api/{version}/sync", get(upgrade))
        .with_state(Endpoint { deployment, network })
}

async fn upgrade(
    State(endpoint): State<Endpoint>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let client = headers.get(CLIENT_HEADER).map(|client| client.to_str().unwrap_or_default());
    match (ClientVersion::from_request(uri.path(), client), upgrade) {
        (Ok(version), Ok(upgrade)) => upgrade.on_upgrade(move |socket| endpoint.serve(socket, version)),
        (Err(refused), _) => response(refused.into()),
        (Ok(_), Err(no_upgrade)) => no_upgrade.into_response(),
    }
}

/// A message from a client.
#[derive(Debug)]
enum Upstream {
    Frame(String),
    /// A message that is not text, or that the WebSocket library refuses, for example because it is
    /// too long.
    Unreadable,
    /// The client is gone. This travels behind its last frames.
    Gone,
}

/// How a socket ends.
#[derive(Debug)]
enum SocketEnd {
    /// The client is gone, or the socket must break.
    Over,
    /// The close frame has been sent.
    Closing,
    /// The network died: the client is not notified.
    Silent,
    /// The server stops, and sends a close frame.
    ServerStops,
}

impl Endpoint {
    /// Carries frames between a client and the deployment until either side ends the socket.
    async fn serve(self, socket: WebSocket, version: ClientVersion) {
        let Self { deployment, network: SlowNetwork { panel, mut shutdown } } = self;
        let (mut to_client, mut from_client) = socket.split();
        let (incoming, upstream) = delayed(&panel);
        let (outgoing, downstream) = delayed(&panel);
        let broken = Arc::new(Notify::new());
        let connection = deployment.open(version, SocketHandle { outgoing, broken: Arc::clone(&broken) });
        let end = select! {
            never = read(&mut from_client, incoming) => match never {},
            () = deliver(upstream, &panel, &deployment, connection) => SocketEnd::Over,
            end = write(downstream, &mut to_client) => end,
            () = broken.notified() => SocketEnd::Over,
            () = panel.network_dead() => SocketEnd::Silent,
            () = shutdown.requested() => SocketEnd::ServerStops,
        };
        deployment.closed(connection);
        finish(end, to_client, from_client, shutdown).await;
    }
}

async fn read(from_client: &mut SplitStream<WebSocket>, incoming: Sender<Upstream>) -> Infallible {
    while let Some(message) = from_client.next().await {
        match message {
            Ok(Message::Text(text)) => incoming.send(Upstream::Frame(text.as_str().to_owned())),
            Ok(Message::Binary(_)) => incoming.send(Upstream::Unreadable),
            // The rest is read, so that a closing handshake is answered.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => {}
            Err(_) => {
                // The server closes the socket. That fails if the socket is broken already.
                incoming.send(Upstream::Unreadable);
                return future::pending().await;
            }
        }
    }
    incoming.send(Upstream::Gone);
    future::pending().await
}

async fn deliver(
    mut upstream: Receiver<Upstream>,
    panel: &KnobPanel,
    deployment: &DeploymentHost,
    connection: ConnectionId,
) {
    while let Some(arrived) = upstream.recv().await {
        let is_gone = matches!(arrived.last(), Some(Upstream::Gone));
        let unreadable = arrived.iter().any(|item| matches!(item, Upstream::Unreadable));
        let frames = arrived.into_iter().map_while(|item| match item {
            Upstream::Frame(text) => Some(text),
            Upstream::Unreadable | Upstream::Gone => None,
        });
        let frames: Vec<_> = frames.collect();
        let frames_per_step = if panel.answers_singly() { 1 } else { frames.len().max(1) };
        for frames in frames.chunks(frames_per_step) {
            deployment.receive(connection, frames);
        }
        if unreadable {
            deployment.receive_unreadable(connection);
        }
        if is_gone {
            return;
        }
    }
}

async fn write(
    mut downstream: Receiver<Downstream>,
    to_client: &mut SplitSink<WebSocket, Message>,
) -> SocketEnd {
    while let Some(arrived) = downstream.recv().await {
        for item in arrived {
            if let ControlFlow::Break(end) = send(item, to_client).await {
                return end;
            }
        }
    }
    SocketEnd::Over
}

async fn send(item: Downstream, to_client: &mut SplitSink<WebSocket, Message>) -> ControlFlow<SocketEnd> {
    let (message, after) = match item {
        Downstream::Frame(text) => (Message::Text(text.into()), ControlFlow::Continue(())),
        Downstream::Close { code, reason } => {
            let frame = code.map(|code| CloseFrame { code, reason: reason.into() });
            (Message::Close(frame), ControlFlow::Break(SocketEnd::Closing))
        }
    };
    if to_client.send(message).await.is_err() { ControlFlow::Break(SocketEnd::Over) } else { after }
}

async fn finish(
    end: SocketEnd,
    mut to_client: SplitSink<WebSocket, Message>,
    mut from_client: SplitStream<WebSocket>,
    mut shutdown: Shutdown,
) {
    match end {
        SocketEnd::Over => return,
        SocketEnd::Silent => {
            // Nothing is read: even a closing handshake stays unanswered.
            let _ = timeout(SILENT_TIMEOUT, shutdown.requested()).await;
            return;
        }
        SocketEnd::Closing => {}
        SocketEnd::ServerStops => {
            let away = CloseFrame { code: close_code::AWAY, reason: "".into() };
            if to_client.send(Message::Close(Some(away))).await.is_err() {
                return;
            }
        }
    }
    // A client that does not answer is dropped.
    let _ = timeout(CLOSE_TIMEOUT, async { while let Some(Ok(_)) = from_client.next().await {} }).await;
}
