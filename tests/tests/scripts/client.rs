//! Our client, driven as `convex-web` drives it in a browser, over a WebSocket of this process.

use crate::recording::Frame;
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

/// The close code of a socket that broke, and of one that was closed without a code.
const BROKEN: u16 = 1006;
const NO_CODE: u16 = 1005;

/// A client with its socket.
pub struct Client {
    core: SyncClient,
    started: Instant,
    socket_url: String,
    link: Link,
    /// The tokens the identity provider has left.
    tokens: VecDeque<String>,
    fetches: VecDeque<FetchId>,
    connections: Vec<Vec<Frame>>,
    /// What there is to tell the page.
    told: Vec<Event>,
}

enum Link {
    None,
    Dialling(SocketId, BoxFuture<'static, Option<WebSocket>>),
    Open(SocketId, Box<WebSocket>),
}

/// What happens to a client from outside.
enum Happening {
    Opened(SocketId, Box<WebSocket>),
    Text(SocketId, String),
    Closed(SocketId, u16, String),
    Due,
}

impl Client {
    pub fn new(url: &str) -> Result<Self> {
        let wall_clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let wall_clock = UnixMillis(i64::try_from(wall_clock.as_millis())?);
        let session = SessionId::from_random_bytes([7; 16]);
        Ok(Self {
            core: SyncClient::new(Config::default(), session, 42, wall_clock),
            started: Instant::now(),
            socket_url: format!("{}{SYNC_PATH}", url.replacen("http", "ws", 1)),
            link: Link::None,
            tokens: VecDeque::new(),
            fetches: VecDeque::new(),
            connections: Vec::new(),
            told: Vec::new(),
        })
    }

    pub fn core(&self) -> &SyncClient {
        &self.core
    }

    /// What went over every socket that opened.
    pub fn connections(&self) -> &[Vec<Frame>] {
        &self.connections
    }

    pub fn into_connections(self) -> Vec<Vec<Frame>> {
        self.connections
    }

    /// What the identity provider answers from now on, one token after another, and at last that
    /// nobody is signed in.
    pub fn set_tokens(&mut self, tokens: impl IntoIterator<Item = String>) {
        self.tokens = tokens.into_iter().collect();
    }

    /// Gives a command. What it wants sent waits for [`flush`](Self::flush).
    pub fn command<R>(&mut self, command: impl FnOnce(&mut SyncClient, Time) -> R) -> R {
        let now = self.now();
        let result = command(&mut self.core, now);
        self.drain();
        result
    }

    /// Sends what there is to send, and takes out what there is to tell.
    pub async fn flush(&mut self) -> Result<Vec<Event>> {
        while let Some(frame) = self.core.poll_transmit(self.now()) {
            self.drain();
            let frames = self.connections.last_mut().context("a frame for no connection")?;
            frames.push(Frame::Sent(serde_json::from_str(&frame)?));
            if let Link::Open(_, socket) = &mut self.link {
                // That it broke is read from it.
                let _ = socket.send(Message::text(frame)).await;
            }
        }
        self.drain();
        Ok(mem::take(&mut self.told))
    }

    /// Waits for the next thing to happen, and lets it.
    pub async fn next(&mut self) -> Result<()> {
        if let Some(fetch) = self.fetches.pop_front() {
            let outcome = Ok(self.tokens.pop_front().map(Token::new));
            self.command(|core, now| core.handle(now, Input::Token { fetch, outcome }));
            return Ok(());
        }
        let due = self.core.poll_timeout().map(|due| self.started + due.since_start());
        let happening = select! {
            happening = self.link.next() => happening,
            () = until(due) => Happening::Due,
        };
        match happening {
            Happening::Opened(socket, open) => {
                self.link = Link::Open(socket, open);
                self.connections.push(Vec::new());
                self.command(|core, now| core.handle(now, Input::Opened { socket }));
            }
            Happening::Text(socket, text) => {
                let frames = self.connections.last_mut().context("a frame from no connection")?;
                frames.push(Frame::Received(serde_json::from_str(&text)?));
                self.command(|core, now| core.handle(now, Input::Text { socket, text: &text }));
            }
            Happening::Closed(socket, code, reason) => {
                self.link = Link::None;
                let reason = &reason;
                self.command(|core, now| core.handle(now, Input::Closed { socket, code, reason }));
            }
            Happening::Due => self.command(|core, now| core.handle(now, Input::Timeout)),
        }
        Ok(())
    }

    pub fn is_disconnected(&self) -> bool {
        !matches!(self.link, Link::Open(..))
    }

    fn drain(&mut self) {
        while let Some(event) = self.core.poll_event() {
            self.carry_out(event);
        }
    }

    fn carry_out(&mut self, event: Event) {
        match event {
            Event::Open { socket } => {
                let url = self.socket_url.clone();
                let dial = async move { connect_async(url).await.ok().map(|(socket, _)| socket) };
                self.link = Link::Dialling(socket, dial.boxed());
            }
            Event::Close { .. } => self.link = Link::None,
            Event::FetchToken { fetch, .. } => self.fetches.push_back(fetch),
            Event::DropFetch { fetch } => self.fetches.retain(|waiting| *waiting != fetch),
            event => self.told.push(event),
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

impl Link {
    /// What the socket does next. It can be cancelled.
    async fn next(&mut self) -> Happening {
        match self {
            Self::None => future::pending().await,
            Self::Dialling(id, dial) => match dial.await {
                Some(socket) => Happening::Opened(*id, Box::new(socket)),
                None => Happening::Closed(*id, BROKEN, String::new()),
            },
            Self::Open(id, socket) => loop {
                match socket.next().await {
                    Some(Ok(Message::Text(text))) => return Happening::Text(*id, text.as_str().to_owned()),
                    Some(Ok(Message::Close(Some(frame)))) => {
                        return Happening::Closed(*id, frame.code.into(), frame.reason.as_str().to_owned());
                    }
                    Some(Ok(Message::Close(None))) => {
                        return Happening::Closed(*id, NO_CODE, String::new());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Happening::Closed(*id, BROKEN, String::new()),
                }
            },
        }
    }
}
