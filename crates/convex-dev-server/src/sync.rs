//! The sync protocol's sockets: `GET /api/sync` and `GET /api/{version}/sync`.

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
    delay::{Network, Receiver, Sender, delayed},
    deployment::{Deployment, Downstream, Socket},
    http::response,
    knobs::Panel,
    shutdown::Shutdown,
};

/// Says which client calls, where the path does not.
pub(crate) const CLIENT_HEADER: &str = "convex-client";
/// How long a client may take to answer a closing handshake.
const CLOSING: Duration = Duration::from_secs(5);
/// How long a socket of a dead network is kept for a client that still believes in it.
const SILENT: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
struct Endpoint {
    deployment: Arc<Deployment>,
    network: Network,
}

pub(crate) fn routes(deployment: Arc<Deployment>, network: Network) -> Router {
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

/// What arrives from a client.
#[derive(Debug)]
enum Upstream {
    Frame(String),
    /// A message that is not text, or that the WebSocket library refuses, for example because it is
    /// too long.
    Unreadable,
    /// It has gone. That travels behind its last frames.
    Gone,
}

/// How a socket's time ends.
#[derive(Debug)]
enum Ending {
    /// The client has gone, or the socket is to break.
    Over,
    /// The closing frame has left.
    Closing,
    /// The network died: nobody tells the client.
    Silent,
    /// The server stops, and says so.
    ServerStops,
}

impl Endpoint {
    /// Carries frames between a client and the deployment until either ends it.
    async fn serve(self, socket: WebSocket, version: ClientVersion) {
        let Self { deployment, network: Network { panel, mut shutdown } } = self;
        let (mut to_client, mut from_client) = socket.split();
        let (wire_up, upstream) = delayed(&panel);
        let (wire, downstream) = delayed(&panel);
        let broken = Arc::new(Notify::new());
        let connection = deployment.open(version, Socket { wire, broken: Arc::clone(&broken) });
        let ending = select! {
            never = read(&mut from_client, wire_up) => match never {},
            () = hand_up(upstream, &panel, &deployment, connection) => Ending::Over,
            ending = write(downstream, &mut to_client) => ending,
            () = broken.notified() => Ending::Over,
            () = panel.network_dead() => Ending::Silent,
            () = shutdown.requested() => Ending::ServerStops,
        };
        deployment.closed(connection);
        finish(ending, to_client, from_client, shutdown).await;
    }
}

async fn read(from_client: &mut SplitStream<WebSocket>, wire: Sender<Upstream>) -> Infallible {
    while let Some(message) = from_client.next().await {
        match message {
            Ok(Message::Text(text)) => wire.send(Upstream::Frame(text.as_str().to_owned())),
            Ok(Message::Binary(_)) => wire.send(Upstream::Unreadable),
            // A closing handshake is answered by reading on to the end.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => {}
            Err(_) => {
                // The server closes the socket; if it is broken already, that fails.
                wire.send(Upstream::Unreadable);
                return future::pending().await;
            }
        }
    }
    wire.send(Upstream::Gone);
    future::pending().await
}

async fn hand_up(
    mut wire: Receiver<Upstream>,
    panel: &Panel,
    deployment: &Deployment,
    connection: ConnectionId,
) {
    while let Some(arrived) = wire.recv().await {
        let gone = matches!(arrived.last(), Some(Upstream::Gone));
        let unreadable = arrived.iter().any(|item| matches!(item, Upstream::Unreadable));
        let frames = arrived.into_iter().map_while(|item| match item {
            Upstream::Frame(text) => Some(text),
            Upstream::Unreadable | Upstream::Gone => None,
        });
        let frames: Vec<_> = frames.collect();
        let answered_together = if panel.answers_singly() { 1 } else { frames.len().max(1) };
        for frames in frames.chunks(answered_together) {
            deployment.receive(connection, frames);
        }
        if unreadable {
            deployment.receive_unreadable(connection);
        }
        if gone {
            return;
        }
    }
}

async fn write(mut wire: Receiver<Downstream>, to_client: &mut SplitSink<WebSocket, Message>) -> Ending {
    while let Some(arrived) = wire.recv().await {
        for item in arrived {
            if let ControlFlow::Break(ending) = send(item, to_client).await {
                return ending;
            }
        }
    }
    Ending::Over
}

async fn send(item: Downstream, to_client: &mut SplitSink<WebSocket, Message>) -> ControlFlow<Ending> {
    let (message, after) = match item {
        Downstream::Frame(text) => (Message::Text(text.into()), ControlFlow::Continue(())),
        Downstream::Close { code, reason } => {
            let frame = code.map(|code| CloseFrame { code, reason: reason.into() });
            (Message::Close(frame), ControlFlow::Break(Ending::Closing))
        }
    };
    if to_client.send(message).await.is_err() { ControlFlow::Break(Ending::Over) } else { after }
}

async fn finish(
    ending: Ending,
    mut to_client: SplitSink<WebSocket, Message>,
    mut from_client: SplitStream<WebSocket>,
    mut shutdown: Shutdown,
) {
    match ending {
        Ending::Over => return,
        Ending::Silent => {
            // Nothing is read any more, either: not even a closing handshake is answered.
            let _ = timeout(SILENT, shutdown.requested()).await;
            return;
        }
        Ending::Closing => {}
        Ending::ServerStops => {
            let away = CloseFrame { code: close_code::AWAY, reason: "".into() };
            if to_client.send(Message::Close(Some(away))).await.is_err() {
                return;
            }
        }
    }
    // A client that does not answer is left.
    let _ = timeout(CLOSING, async { while let Some(Ok(_)) = from_client.next().await {} }).await;
}
