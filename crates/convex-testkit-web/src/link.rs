//! The fake sockets between clients and the deployment.

use crate::fake::{Dials, FakeDeployment, Inner};
use convex_testkit::{ClientVersion, ConnectionId, Output};
use convex_web::{Dial, DialError, Socket, SocketEvents};
use std::rc::Rc;

/// One end of a socket that its client has not let go.
pub(crate) struct Line {
    events: SocketEvents,
    version: ClientVersion,
    /// `None` while it is being opened.
    pub(crate) connection: Option<ConnectionId>,
}

/// Something on its way to a client.
pub(crate) struct Parcel {
    line: usize,
    content: Content,
}

enum Content {
    Opened,
    Text(String),
    Closed { code: u16, reason: String },
}

impl Parcel {
    pub(crate) fn of(line: usize, output: Output) -> Self {
        let content = match output {
            Output::Send { text, .. } => Content::Text(text),
            Output::Close { code, reason, .. } => Content::Closed { code: code.unwrap_or(1005), reason },
            Output::Drop { .. } => Content::Closed { code: 1006, reason: String::new() },
        };
        Self { line, content }
    }
}

impl Dial for FakeDeployment {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        let number = self.0.dialled.get();
        self.0.dialled.set(number + 1);
        let version = ClientVersion::from_request(path(url), None)
            .map_err(|error| DialError::new(error.to_string()))?;
        self.0.lines.borrow_mut().insert(number, Line { events, version, connection: None });
        match self.0.dials.get() {
            Dials::Succeed => self.0.send_parcel(Parcel { line: number, content: Content::Opened }),
            Dials::Fail => {
                let content = Content::Closed { code: 1006, reason: String::new() };
                self.0.send_parcel(Parcel { line: number, content });
            }
            Dials::Hang => {}
        }
        Ok(Box::new(FakeSocket { number, fake: Rc::clone(&self.0) }))
    }
}

struct FakeSocket {
    number: usize,
    fake: Rc<Inner>,
}

impl Socket for FakeSocket {
    fn send(&self, text: &str) {
        self.fake.sent.borrow_mut().push(text.to_owned());
        let connection = self.fake.lines.borrow().get(&self.number).and_then(|line| line.connection);
        if let Some(connection) = connection {
            self.fake.act(|deployment, now| deployment.receive(now, connection, text));
        }
    }

    fn close(&self) {
        let line = self.fake.lines.borrow_mut().remove(&self.number);
        if let Some(connection) = line.and_then(|line| line.connection) {
            self.fake.act(|deployment, now| deployment.closed(now, connection));
        }
    }
}

impl Inner {
    /// What arrives at a socket that was let go is dropped.
    pub(crate) fn deliver(self: &Rc<Self>, parcel: Parcel) {
        let Some((events, version)) =
            self.lines.borrow().get(&parcel.line).map(|line| (line.events.clone(), line.version))
        else {
            return;
        };
        match parcel.content {
            Content::Opened => {
                let connection = self.act(|deployment, now| deployment.open(now, version));
                if let Some(line) = self.lines.borrow_mut().get_mut(&parcel.line) {
                    line.connection = Some(connection);
                }
                events.opened();
            }
            Content::Text(text) => events.text(&text),
            Content::Closed { code, reason } => {
                self.lines.borrow_mut().remove(&parcel.line);
                events.closed(code, &reason);
            }
        }
    }
}

/// The part of a URL behind its host.
fn path(url: &str) -> &str {
    let behind_scheme = url.find("://").map_or(url, |at| &url[at + 3..]);
    behind_scheme.find('/').map_or("/", |at| &behind_scheme[at..])
}
