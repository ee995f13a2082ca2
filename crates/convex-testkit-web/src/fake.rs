//! The deployment that a test controls.

use crate::network::FakeNetwork;
use convex_testkit::{Deployment, DialOutcome, Functions, TestIssuer, Time};
use convex_web::sync::Token;
use std::{fmt, rc::Rc, time::Duration};

/// A model deployment that clients dial. It is a [`Dial`](convex_web::Dial); clones share one
/// deployment.
#[derive(Clone)]
pub struct FakeDeployment(Rc<FakeNetwork>);

impl FakeDeployment {
    /// The URL to pass to its clients. Any other URL works, too.
    pub const URL: &str = "https://fake.convex.test";

    /// Creates a deployment with these functions and no data. It uses the browser's clock.
    pub fn new(functions: Functions) -> Self {
        Self(Rc::new(FakeNetwork::new(functions)))
    }

    /// Runs `action` on the deployment. Frames that it sends are delivered later, in tasks of their
    /// own.
    pub fn deployment<R>(&self, action: impl FnOnce(&mut Deployment, Time) -> R) -> R {
        self.0.run(action)
    }

    pub(crate) fn network(&self) -> &Rc<FakeNetwork> {
        &self.0
    }

    // ---- tokens ----

    /// Mints a token for `subject` that expires in an hour.
    pub fn token(&self, subject: &str) -> Token {
        self.token_for(subject, Duration::from_secs(3600))
    }

    /// Mints a token for `subject` with this lifetime, in whole seconds.
    pub fn token_for(&self, subject: &str, lifetime: Duration) -> Token {
        let now = self.0.unix_time();
        Token::new(self.0.issuer.token(subject, now, now.after(lifetime)))
    }

    /// The issuer of the tokens, to mint other ones.
    pub fn issuer(&self) -> &TestIssuer {
        &self.0.issuer
    }

    // ---- the network ----

    /// Accepts every later dial. This is the initial state.
    pub fn accept_dials(&self) {
        self.0.dials.set(DialOutcome::Accepted);
    }

    /// Refuses every later dial.
    pub fn refuse_dials(&self) {
        self.0.dials.set(DialOutcome::Refused);
    }

    /// Never answers a later dial.
    pub fn hang_dials(&self) {
        self.0.dials.set(DialOutcome::Hanging);
    }

    /// Delivers nothing to clients, not even that a socket has opened, until
    /// [`resume_delivery`](Self::resume_delivery).
    pub fn pause_delivery(&self) {
        self.0.pause();
    }

    /// Delivers what was queued since [`pause_delivery`](Self::pause_delivery), each event in a
    /// task of its own, and everything later as usual.
    pub fn resume_delivery(&self) {
        self.0.resume();
    }

    /// The number of open sockets.
    pub fn open_sockets(&self) -> usize {
        self.0.client_ends.borrow().values().filter(|end| end.connection.is_some()).count()
    }

    /// The number of sockets that are being opened.
    pub fn opening_sockets(&self) -> usize {
        self.0.client_ends.borrow().values().filter(|end| end.connection.is_none()).count()
    }

    /// The number of sockets that were ever dialled.
    pub fn dialled(&self) -> usize {
        self.0.dialled.get()
    }

    /// Every frame that clients have sent, in order.
    pub fn sent(&self) -> Vec<String> {
        self.0.sent.borrow().clone()
    }

    /// As [`sent`](Self::sent), and clears the record.
    pub fn take_sent(&self) -> Vec<String> {
        self.0.sent.take()
    }
}

impl fmt::Debug for FakeDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeDeployment").field("dialled", &self.dialled()).finish_non_exhaustive()
    }
}
