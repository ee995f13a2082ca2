//! A gate between clients and a server, which can close.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional, sink},
    net::{TcpListener, TcpStream},
    select,
    sync::watch,
    task::AbortHandle,
};

const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n\
                    <!doctype html><title>Welcome</title><p>No server here.";

/// What happens to the connections of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateState {
    /// They reach the server.
    Open,
    /// They are closed at once, as if the server were down.
    Closed,
    /// They stay open, and nothing passes.
    Silent,
    /// Each is answered with an HTML page and status 200, as by a misconfigured proxy.
    Html,
}

/// Forwards TCP connections to a server, depending on its state.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    state: watch::Sender<GateState>,
    acceptor: AbortHandle,
}

impl Gate {
    /// An open gate in front of the server at this address, such as `http://127.0.0.1:3210`.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start(server: &str) -> Result<Self> {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (state, states) = watch::channel(GateState::Open);
        let acceptor = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(handle(client, server.clone(), states.clone()));
            }
        });
        Ok(Self { address, state, acceptor: acceptor.abort_handle() })
    }

    /// The server's address behind the gate.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the state, which breaks all connections.
    pub fn set(&self, state: GateState) {
        self.state.send_replace(state);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

/// Serves a connection until it ends or the state changes.
async fn handle(client: TcpStream, server: String, mut states: watch::Receiver<GateState>) {
    let state = *states.borrow_and_update();
    let served = async {
        match state {
            GateState::Open => forward(client, &server).await,
            GateState::Closed => Ok(()),
            GateState::Silent => {
                let _open = client;
                std::future::pending().await
            }
            GateState::Html => answer_with_html(client).await,
        }
    };
    // An error means that one side has broken the connection.
    select! {
        _ = served => {}
        _ = states.changed() => {}
    }
}

async fn forward(mut client: TcpStream, server: &str) -> Result<()> {
    let mut upstream = TcpStream::connect(server).await?;
    copy_bidirectional(&mut client, &mut upstream).await?;
    Ok(())
}

async fn answer_with_html(mut client: TcpStream) -> Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    client.write_all(HTML.as_bytes()).await?;
    client.shutdown().await?;
    // If the socket is closed while it has unread bytes, the answer may be lost.
    copy(&mut client, &mut sink()).await?;
    Ok(())
}
