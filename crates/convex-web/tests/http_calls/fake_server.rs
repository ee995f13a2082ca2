//! An HTTP server whose responses a test determines.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Runs until the process ends: tests are short, and each has its own server on a free port.
pub struct FakeServer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

pub struct Request {
    /// The request line and the headers, with names in lower case.
    pub head: String,
    pub body: String,
}

pub enum Reply {
    /// A complete response in HTTP/1.1.
    Response(String),
    /// These bytes, then the connection is closed.
    Broken(String),
    /// Nothing, until the client closes the connection. Then the function is called.
    Hang(Box<dyn FnOnce() + Send>),
}

impl FakeServer {
    pub fn start(reply: impl Fn(Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let connections = Arc::new(AtomicUsize::new(0));
        thread::spawn({
            let (reply, connections) = (Arc::new(reply), Arc::clone(&connections));
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    connections.fetch_add(1, Ordering::Relaxed);
                    let reply = Arc::clone(&reply);
                    thread::spawn(move || serve(stream, &*reply));
                }
            }
        });
        Self { address, connections }
    }

    /// Responds to every request with the same JSON.
    pub fn responding(status: &'static str, json: &'static str) -> Self {
        Self::start(move |_| Reply::json(status, json))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Reply {
    pub fn json(status: &str, json: &str) -> Self {
        Self::with_headers(status, "content-type: application/json\r\n", json)
    }

    /// `headers` are lines with `\r\n` at their ends.
    pub fn with_headers(status: &str, headers: &str, body: &str) -> Self {
        Self::Response(format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()))
    }
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// `None` if the client has closed the connection.
    fn read(stream: &mut impl BufRead) -> Option<Self> {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            match line.split_once(": ") {
                Some((name, value)) => head += &format!("{}: {value}", name.to_lowercase()),
                None => head += &line,
            }
        }
        let mut request = Self { head, body: String::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        stream.take(length).read_to_string(&mut request.body).ok()?;
        Some(request)
    }
}

fn serve(mut stream: TcpStream, reply: &dyn Fn(Request) -> Reply) {
    let mut received = BufReader::new(stream.try_clone().expect("a second handle of the socket"));
    while let Some(request) = Request::read(&mut received) {
        match reply(request) {
            Reply::Response(response) => {
                if stream.write_all(response.as_bytes()).is_err() {
                    return;
                }
            }
            Reply::Broken(response) => {
                let _ = stream.write_all(response.as_bytes());
                return;
            }
            Reply::Hang(closed) => {
                let _ = received.read(&mut [0]);
                closed();
                return;
            }
        }
    }
}
