//! A network with a latency and a bandwidth, in front of a server.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex, mpsc},
    task::AbortHandle,
    time::{Instant, sleep_until},
    try_join,
};

/// The capacity in bytes for one read.
const CAPACITY: usize = 1 << 16;
/// The bytes of a packet on a line with a bandwidth.
const PACKET: usize = 1_500;

/// Forwards connections to a server and delays everything, in the same order. Connecting takes no
/// time.
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
    /// A link with an unlimited bandwidth to the server at an address such as
    /// `http://127.0.0.1:3210`.
    pub async fn start(server: &str, latency: LinkLatency) -> Result<Self> {
        Self::start_over(server, latency, Lines { up: None, down: None }).await
    }

    /// A link with a limited bandwidth in each direction, which its connections share.
    pub async fn start_slow(server: &str, latency: LinkLatency, bytes_per_second: u32) -> Result<Self> {
        let line = || Some(Arc::new(Line::new(bytes_per_second)));
        Self::start_over(server, latency, Lines { up: line(), down: line() }).await
    }

    async fn start_over(server: &str, latency: LinkLatency, lines: Lines) -> Result<Self> {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let acceptor = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, lines) = (server.clone(), lines.clone());
                // An error means that one side has broken the connection.
                tokio::spawn(async move { forward(client, &server, latency, lines).await.ok() });
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

    /// The latency of a connection that starts with these bytes.
    fn of(self, first: &[u8]) -> Duration {
        const UPGRADE: &[u8] = b"\nupgrade: websocket";
        let opens_socket = first.windows(UPGRADE.len()).any(|part| part.eq_ignore_ascii_case(UPGRADE));
        if opens_socket { self.sockets } else { self.requests }
    }
}

/// The lines to and from the server, where the bandwidth is limited.
#[derive(Debug, Clone)]
struct Lines {
    up: Option<Arc<Line>>,
    down: Option<Arc<Line>>,
}

/// A line that sends one packet after the other. Connections take turns, since the mutex is fair.
#[derive(Debug)]
struct Line {
    bytes_per_second: u32,
    /// When the last packet has left.
    free_at: Mutex<Instant>,
}

impl Line {
    fn new(bytes_per_second: u32) -> Self {
        Self { bytes_per_second, free_at: Mutex::new(Instant::now()) }
    }

    /// Returns when a packet has left.
    async fn send(&self, packet: &[u8]) {
        let mut free_at = self.free_at.lock().await;
        let takes = Duration::from_secs_f64(packet.len() as f64 / f64::from(self.bytes_per_second));
        *free_at = Instant::now().max(*free_at) + takes;
        sleep_until(*free_at).await;
    }
}

async fn forward(mut client: TcpStream, server: &str, latency: LinkLatency, lines: Lines) -> io::Result<()> {
    let mut first = Vec::with_capacity(CAPACITY);
    client.read_buf(&mut first).await?;
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let latency = latency.of(&first);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    try_join!(
        delay(first, from_client, to_server, latency, lines.up),
        delay(Vec::new(), from_server, to_client, latency, lines.down)
    )?;
    Ok(())
}

/// Forwards `first` and then everything from one side, until its end.
async fn delay(
    first: Vec<u8>,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    latency: Duration,
    line: Option<Arc<Line>>,
) -> io::Result<()> {
    let (sender, mut parts) = mpsc::unbounded_channel();
    let read = async move {
        let mut part = first;
        loop {
            let packets = if line.is_some() { PACKET } else { CAPACITY };
            for packet in part.chunks(packets) {
                if let Some(line) = &line {
                    line.send(packet).await;
                }
                // An error means that the writer has failed; its own error is returned.
                let _ = sender.send((Instant::now() + latency, packet.to_vec()));
            }
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

    #[tokio::test]
    async fn connections_take_turns_on_a_line() {
        let line = Line::new(100_000);
        let order = Mutex::new(Vec::new());
        let send_two = async |name: &'static str| {
            for _ in 0..2 {
                line.send(&[0; 500]).await;
                order.lock().await.push(name);
            }
        };
        let start = Instant::now();
        tokio::join!(send_two("a"), send_two("b"));
        assert_eq!(order.into_inner(), ["a", "b", "a", "b"]);
        assert!(start.elapsed() >= Duration::from_millis(20), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn slow_link_takes_the_time_of_its_bytes() {
        const BYTES: usize = 10_000;
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", server.local_addr().unwrap());
        let latency = LinkLatency::both(Duration::ZERO);
        let link = Link::start_slow(&address, latency, 100_000).await.unwrap();
        let mut client = TcpStream::connect(link.address).await.unwrap();
        client.write_all(b"GET").await.unwrap();
        let (mut accepted, _) = server.accept().await.unwrap();
        let start = Instant::now();
        accepted.write_all(&[7; BYTES]).await.unwrap();
        drop(accepted);
        let mut response = Vec::new();
        client.read_to_end(&mut response).await.unwrap();
        assert_eq!(response, [7; BYTES]);
        assert!(start.elapsed() >= Duration::from_millis(100), "{:?}", start.elapsed());
    }
}
