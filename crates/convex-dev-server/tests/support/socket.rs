//! A sync client that sends raw frames.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};

/// Longer than any successful operation takes.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A socket that has sent its `Connect`.
pub struct SyncSocket {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub session_id: String,
    query_set: u32,
    identity: u32,
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// With a closing handshake, with this code if any.
    Handshake(Option<u16>),
    /// Without one.
    Break,
}

impl SyncSocket {
    pub async fn open(url: &str) -> Self {
        let url = url.replacen("http", "ws", 1);
        let (socket, _) = timeout(PATIENCE, connect_async(url)).await.expect("a handshake in time").unwrap();
        let session_id = format!("00000000-0000-4000-8000-{:012x}", rand::random::<u32>());
        let mut opened = Self { socket, session_id, query_set: 0, identity: 0 };
        let connect = json!({
            "type": "Connect", "sessionId": opened.session_id, "connectionCount": 0,
            "lastCloseReason": "InitialConnect", "clientTs": 1_700_000_000_000_i64,
        });
        opened.send(connect).await;
        opened
    }

    pub async fn send(&mut self, frame: Json) {
        self.send_text(frame.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub async fn authenticate(&mut self, token: &str) {
        let base = self.identity;
        self.identity += 1;
        self.send(
            json!({ "type": "Authenticate", "baseVersion": base, "tokenType": "User", "value": token }),
        )
        .await;
    }

    /// Subscribes to queries, numbered from `first_id`.
    pub async fn subscribe(&mut self, first_id: u32, queries: &[(&str, Json)]) {
        let add = |(id, (path, args)): (u32, &(&str, Json))| json!({ "type": "Add", "queryId": id, "udfPath": path, "args": [args] });
        let modifications: Vec<_> = (first_id..).zip(queries).map(add).collect();
        self.modify(modifications).await;
    }

    /// Sends an empty change, which the server answers with a transition.
    pub async fn probe(&mut self) {
        self.modify(Vec::new()).await;
    }

    async fn modify(&mut self, modifications: Vec<Json>) {
        let base = self.query_set;
        self.query_set += 1;
        self.send(json!({
            "type": "ModifyQuerySet", "baseVersion": base, "newVersion": base + 1, "modifications": modifications,
        }))
        .await;
    }

    /// The next text frame.
    pub async fn text(&mut self) -> String {
        match timeout(PATIENCE, self.socket.next()).await.expect("a frame in time") {
            Some(Ok(Message::Text(text))) => text.as_str().to_owned(),
            other => panic!("expected a frame, got {other:?}"),
        }
    }

    /// The next frame.
    pub async fn frame(&mut self) -> Json {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The next frame of a type; others are skipped.
    pub async fn frame_of(&mut self, kind: &str) -> Json {
        loop {
            let frame = self.frame().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next transition that changes a query.
    pub async fn change(&mut self) -> Vec<Json> {
        loop {
            let transition = self.frame_of("Transition").await;
            match transition["modifications"].as_array() {
                Some(modifications) if !modifications.is_empty() => return modifications.clone(),
                _ => {}
            }
        }
    }

    /// Starts the closing handshake.
    pub async fn leave(&mut self) {
        self.socket.send(Message::Close(None)).await.unwrap();
    }

    /// How the socket ends, after the remaining frames.
    pub async fn closing(mut self) -> Closing {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("an end in time") {
                Some(Ok(Message::Close(frame))) => return Closing::Handshake(frame.map(code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Closing::Break,
            }
        }
    }
}

fn code(frame: CloseFrame) -> u16 {
    frame.code.into()
}
