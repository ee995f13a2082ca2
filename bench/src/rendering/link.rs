//! A network with a latency, in front of a server.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::AbortHandle,
    time::{Instant, sleep_until},
    try_join,
};

/// The capacity in bytes for one read.
const CAPACITY: usize = 1 << 16;

/// Forwards connections to a server and delays everything, in the same order. The bandwidth is
/// unlimited, and connecting takes no time.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    acceptor: AbortHandle,
}

/// The latency of a link, one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkLatency {
    /// Of connections that become a WebSocket.
    pub sockets: Duration,
    /// Of all others.
    pub requests: Duration,
}

impl Link {
    /// A link to the server at an address such as `http://127.0.0.1:3210`.
    pub async fn start(server: &str, latency: LinkLatency) -> Result<Self> {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let acceptor = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = server.clone();
                // An error means that one side has broken the connection.
                tokio::spawn(async move { forward(client, &server, latency).await.ok() });
            }
        });
        Ok(Self { address, acceptor: acceptor.abort_handle() })
    }

    /// The server's address behind the link.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

impl LinkLatency {
    pub fn both(latency: Duration) -> Self {
        Self { sockets: latency, requests: latency }
    }

    /// The latency of a connection whose first bytes are these.
    fn of(self, first: &[u8]) -> Duration {
        const UPGRADE: &[u8] = b"\nupgrade: websocket";
        let opens_socket = first.windows(UPGRADE.len()).any(|part| part.eq_ignore_ascii_case(UPGRADE));
        if opens_socket { self.sockets } else { self.requests }
    }
}

async fn forward(mut client: TcpStream, server: &str, latency: LinkLatency) -> io::Result<()> {
    let mut first = Vec::with_capacity(CAPACITY);
    client.read_buf(&mut first).await?;
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let latency = latency.of(&first);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    try_join!(
        delay(first, from_client, to_server, latency),
        delay(Vec::new(), from_server, to_client, latency)
    )?;
    Ok(())
}

/// Forwards `first` and then everything from one side, until its end.
async fn delay(
    first: Vec<u8>,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    latency: Duration,
) -> io::Result<()> {
    let (sender, mut parts) = mpsc::unbounded_channel();
    let read = async move {
        let mut part = first;
        loop {
            // An error means that the writer has failed; its own error is returned.
            let _ = sender.send((Instant::now() + latency, part));
            part = Vec::with_capacity(CAPACITY);
            if from.read_buf(&mut part).await? == 0 {
                return Ok(());
            }
        }
    };
    let write = async move {
        while let Some((due, part)) = parts.recv().await {
            // The timer's resolution is 1 ms, even for a time that has passed.
            if due > Instant::now() {
                sleep_until(due).await;
            }
            to.write_all(&part).await?;
        }
        to.shutdown().await
    };
    try_join!(read, write)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: LinkLatency =
        LinkLatency { sockets: Duration::from_millis(50), requests: Duration::from_millis(20) };

    #[test]
    fn request_that_upgrades_has_the_latency_of_sockets() {
        let of = |request: &str| LATENCY.of(request.as_bytes());
        assert_eq!(of("GET /api/sync HTTP/1.1\r\nHost: a\r\nUPGRADE: websocket\r\n\r\n"), LATENCY.sockets);
        assert_eq!(of("POST /api/query HTTP/1.1\r\nHost: a\r\n\r\n"), LATENCY.requests);
    }

    #[tokio::test]
    async fn bytes_arrive_in_order_after_the_latency() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", server.local_addr().unwrap());
        let link = Link::start(&address, LATENCY).await.unwrap();
        let start = Instant::now();
        let mut client = TcpStream::connect(link.address).await.unwrap();
        let (mut accepted, ()) = try_join!(async { Ok(server.accept().await?.0) }, async {
            client.write_all(b"GET / HTTP/1.1\r\n").await?;
            client.write_all(b"Host: a\r\n\r\n").await
        })
        .unwrap();
        let mut request = [0; 27];
        accepted.read_exact(&mut request).await.unwrap();
        assert_eq!(&request, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        accepted.write_all(b"ok").await.unwrap();
        drop(accepted);
        let mut response = String::new();
        client.read_to_string(&mut response).await.unwrap();
        assert_eq!(response, "ok");
        assert!(start.elapsed() >= 2 * LATENCY.requests, "{:?}", start.elapsed());
    }
}
