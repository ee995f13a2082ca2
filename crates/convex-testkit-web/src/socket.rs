//! The fake sockets that clients dial.

use crate::{
    FakeDeployment,
    delivery::{ClientEnd, Delivery, PendingEvent},
    network::FakeNetwork,
};
use convex_testkit::{ClientVersion, DialOutcome};
use convex_web::{Dial, DialError, Socket, SocketEvents};
use std::rc::Rc;

impl Dial for FakeDeployment {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        let network = self.network();
        let number = network.dialled.get();
        network.dialled.set(number + 1);
        let version = ClientVersion::from_request(path(url), None)
            .map_err(|error| DialError::new(error.to_string()))?;
        network.client_ends.borrow_mut().insert(number, ClientEnd { events, version, connection: None });
        match network.dials.get() {
            DialOutcome::Accepted => network.send(Delivery { socket: number, event: PendingEvent::Opened }),
            DialOutcome::Refused => network.send(Delivery { socket: number, event: PendingEvent::broken() }),
            DialOutcome::Hanging => {}
        }
        Ok(Box::new(FakeSocket { number, network: Rc::clone(network) }))
    }
}

struct FakeSocket {
    number: usize,
    network: Rc<FakeNetwork>,
}

impl Socket for FakeSocket {
    fn send(&self, text: &str) {
        self.network.sent.borrow_mut().push(text.to_owned());
        let connection = self.network.client_ends.borrow().get(&self.number).and_then(|end| end.connection);
        if let Some(connection) = connection {
            self.network.run(|deployment, now| deployment.receive(now, connection, text));
        }
    }

    fn close(&self) {
        let end = self.network.client_ends.borrow_mut().remove(&self.number);
        if let Some(connection) = end.and_then(|end| end.connection) {
            self.network.run(|deployment, now| deployment.closed(now, connection));
        }
    }
}

/// The path of a URL, after its host.
fn path(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(url, |at| &url[at + 3..]);
    after_scheme.find('/').map_or("/", |at| &after_scheme[at..])
}
