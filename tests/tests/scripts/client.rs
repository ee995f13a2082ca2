//! Our client's core, driven as `convex-web` drives it in a browser, over a native WebSocket.

use crate::recording::RecordedFrame;
use anyhow::{Context, Result};
use convex_sync::{
    Config, Event, FetchId, Input, SYNC_PATH, SessionId, SocketId, SyncClient, Time, Token, UnixMillis,
};
use futures_util::{FutureExt, SinkExt, StreamExt, future::BoxFuture};
use std::{collections::VecDeque, future, mem, time::SystemTime};
use tokio::{
    net::TcpStream,
    select,
    time::{Instant, sleep_until},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The close codes of a socket that broke, and of one that was closed without a code.
const BROKEN: u16 = 1006;
const NO_CODE: u16 = 1005;

/// A client with its socket.
pub struct ScriptClient {
    core: SyncClient,
    started: Instant,
    socket_url: String,
    socket: ScriptSocket,
    /// The tokens that the identity provider has not returned yet.
    tokens: VecDeque<String>,
    fetches: VecDeque<FetchId>,
    connections: Vec<Vec<RecordedFrame>>,
    /// Events for the page.
    reports: Vec<Event>,
}

enum ScriptSocket {
    None,
    Dialling(SocketId, BoxFuture<'static, Option<WebSocket>>),
    Open(SocketId, Box<WebSocket>),
}

/// An input to the client.
enum ClientInput {
    Opened(SocketId, Box<WebSocket>),
    Text(SocketId, String),
    Closed(SocketId, u16, String),
    Due,
}

impl ScriptClient {
    pub fn new(url: &str) -> Result<Self> {
        let wall_clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let wall_clock = UnixMillis(i64::try_from(wall_clock.as_millis())?);
        let session = SessionId::from_random_bytes([7; 16]);
        Ok(Self {
            core: SyncClient::new(Config::default(), session, 42, wall_clock),
            started: Instant::now(),
            socket_url: format!("{}{SYNC_PATH}", url.replacen("http", "ws", 1)),
            socket: ScriptSocket::None,
            tokens: VecDeque::new(),
            fetches: VecDeque::new(),
            connections: Vec::new(),
            reports: Vec::new(),
        })
    }

    pub fn core(&self) -> &SyncClient {
        &self.core
    }

    /// The frames of each socket that opened.
    pub fn connections(&self) -> &[Vec<RecordedFrame>] {
        &self.connections
    }

    pub fn into_connections(self) -> Vec<Vec<RecordedFrame>> {
        self.connections
    }

    /// Sets the tokens that the identity provider returns one after another. After the last one it
    /// returns `None`.
    pub fn set_tokens(&mut self, tokens: impl IntoIterator<Item = String>) {
        self.tokens = tokens.into_iter().collect();
    }

    /// Runs a command. Its frames are sent by [`flush`](Self::flush).
    pub fn command<R>(&mut self, command: impl FnOnce(&mut SyncClient, Time) -> R) -> R {
        let now = self.now();
        let result = command(&mut self.core, now);
        self.drain();
        result
    }

    /// Sends all frames and returns the events for the page.
    pub async fn flush(&mut self) -> Result<Vec<Event>> {
        while let Some(frame) = self.core.poll_transmit(self.now()) {
            self.drain();
            let frames = self.connections.last_mut().context("a frame is sent without a connection")?;
            frames.push(RecordedFrame::Sent(serde_json::from_str(&frame)?));
            if let ScriptSocket::Open(_, socket) = &mut self.socket {
                // An error is ignored here: reading from the socket reports it, too.
                let _ = socket.send(Message::text(frame)).await;
            }
        }
        self.drain();
        Ok(mem::take(&mut self.reports))
    }

    /// Waits for the next input and handles it.
    pub async fn next(&mut self) -> Result<()> {
        if let Some(fetch) = self.fetches.pop_front() {
            let outcome = Ok(self.tokens.pop_front().map(Token::new));
            self.command(|core, now| core.handle(now, Input::Token { fetch, outcome }));
            return Ok(());
        }
        let due = self.core.poll_timeout().map(|due| self.started + due.since_start());
        let input = select! {
            input = self.socket.next() => input,
            () = until(due) => ClientInput::Due,
        };
        match input {
            ClientInput::Opened(socket, open) => {
                self.socket = ScriptSocket::Open(socket, open);
                self.connections.push(Vec::new());
                self.command(|core, now| core.handle(now, Input::Opened { socket }));
            }
            ClientInput::Text(socket, text) => {
                let frames = self.connections.last_mut().context("a frame arrives without a connection")?;
                frames.push(RecordedFrame::Received(serde_json::from_str(&text)?));
                self.command(|core, now| core.handle(now, Input::Text { socket, text: &text }));
            }
            ClientInput::Closed(socket, code, reason) => {
                self.socket = ScriptSocket::None;
                let reason = &reason;
                self.command(|core, now| core.handle(now, Input::Closed { socket, code, reason }));
            }
            ClientInput::Due => self.command(|core, now| core.handle(now, Input::Timeout)),
        }
        Ok(())
    }

    pub fn is_disconnected(&self) -> bool {
        !matches!(self.socket, ScriptSocket::Open(..))
    }

    fn drain(&mut self) {
        while let Some(event) = self.core.poll_event() {
            self.execute(event);
        }
    }

    fn execute(&mut self, event: Event) {
        match event {
            Event::Open { socket } => {
                let url = self.socket_url.clone();
                let dial = async move { connect_async(url).await.ok().map(|(socket, _)| socket) };
                self.socket = ScriptSocket::Dialling(socket, dial.boxed());
            }
            Event::Close { .. } => self.socket = ScriptSocket::None,
            Event::FetchToken { fetch, .. } => self.fetches.push_back(fetch),
            Event::DropFetch { fetch } => self.fetches.retain(|waiting| *waiting != fetch),
            event => self.reports.push(event),
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.started.elapsed()
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => future::pending().await,
    }
}

impl ScriptSocket {
    /// Waits for the socket's next input. Cancel safe.
    async fn next(&mut self) -> ClientInput {
        match self {
            Self::None => future::pending().await,
            Self::Dialling(id, dial) => match dial.await {
                Some(socket) => ClientInput::Opened(*id, Box::new(socket)),
                None => ClientInput::Closed(*id, BROKEN, String::new()),
            },
            Self::Open(id, socket) => loop {
                match socket.next().await {
                    Some(Ok(Message::Text(text))) => return ClientInput::Text(*id, text.as_str().to_owned()),
                    Some(Ok(Message::Close(Some(frame)))) => {
                        return ClientInput::Closed(*id, frame.code.into(), frame.reason.as_str().to_owned());
                    }
                    Some(Ok(Message::Close(None))) => {
                        return ClientInput::Closed(*id, NO_CODE, String::new());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return ClientInput::Closed(*id, BROKEN, String::new()),
                }
            },
        }
    }
}
