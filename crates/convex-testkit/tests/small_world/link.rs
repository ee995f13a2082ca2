//! A socket: its frames in flight, and a record of the client's frames.

use super::provider::TokenIndex;
use convex_sync::SocketId;
use convex_testkit::ConnectionId;
use std::collections::VecDeque;

#[derive(Debug)]
pub struct Link {
    pub socket: SocketId,
    /// `None` while the client dials.
    pub connection: Option<ConnectionId>,
    /// The socket looks open, but all frames are lost.
    pub half_open: bool,
    /// The client has closed it.
    pub abandoned: bool,
    pub to_server: VecDeque<ToServer>,
    pub to_client: VecDeque<ToClient>,
    pub sent: SentFrames,
}

#[derive(Debug)]
pub enum ToServer {
    Frame(String),
    /// The client has closed the socket.
    Closed,
}

#[derive(Debug)]
pub enum ToClient {
    Frame(String),
    Closed,
}

/// A record of the frames that the client has sent on a socket.
#[derive(Debug, Default)]
pub struct SentFrames {
    pub connect: bool,
    pub query_set: u64,
    /// The token of every `Authenticate`, in order; `None` is anonymous.
    pub identities: Vec<Option<TokenIndex>>,
}

impl Link {
    pub fn dialled(socket: SocketId) -> Self {
        Self {
            socket,
            connection: None,
            half_open: false,
            abandoned: false,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            sent: SentFrames::default(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.connection.is_some() && !self.half_open && !self.abandoned
    }

    /// Whether no event of this socket can follow.
    pub fn is_over(&self) -> bool {
        self.abandoned && self.to_server.is_empty() && self.to_client.is_empty()
    }
}

impl SentFrames {
    /// The token under which the next frame is received; `None` is anonymous.
    pub fn identity(&self) -> Option<TokenIndex> {
        self.identities.last().copied().flatten()
    }
}
