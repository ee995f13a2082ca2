//! One socket: what is under way on it, and what the client has said on it.

use super::provider::TokenIndex;
use convex_sync::SocketId;
use convex_testkit::ConnectionId;
use std::collections::VecDeque;

#[derive(Debug)]
pub struct Link {
    pub socket: SocketId,
    /// `None` while it is being dialled.
    pub connection: Option<ConnectionId>,
    /// It only looks open: nothing is carried any more.
    pub half_open: bool,
    /// The client has left it.
    pub left: bool,
    pub to_server: VecDeque<ToServer>,
    pub to_client: VecDeque<ToClient>,
    pub said: Said,
}

#[derive(Debug)]
pub enum ToServer {
    Frame(String),
    /// The client has left.
    Gone,
}

#[derive(Debug)]
pub enum ToClient {
    Frame(String),
    Closed,
}

/// What the client has said on one socket.
#[derive(Debug, Default)]
pub struct Said {
    pub connect: bool,
    pub query_set: u64,
    /// Every identity, the last last.
    pub identities: Vec<Option<TokenIndex>>,
}

impl Link {
    pub fn dialled(socket: SocketId) -> Self {
        Self {
            socket,
            connection: None,
            half_open: false,
            left: false,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            said: Said::default(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.connection.is_some() && !self.half_open && !self.left
    }

    /// Whether nothing can happen on it any more.
    pub fn is_over(&self) -> bool {
        self.left && self.to_server.is_empty() && self.to_client.is_empty()
    }
}

impl Said {
    /// As whom the server takes what is sent now.
    pub fn identity(&self) -> Option<TokenIndex> {
        self.identities.last().copied().flatten()
    }
}
