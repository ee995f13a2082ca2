//! The world: a client, a server, a provider and an app, with the frames in flight between them.

use super::{
    app::{App, Report, Wanted},
    choice::{Budget, Choice, Reply},
    functions::{MUTATION, QUERY, add_one, functions, no_args, path},
    link::{Link, ToClient, ToServer},
    page::Page,
    provider::{AudienceVerifier, OpenFetch, TokenIndex, TokenProvider, token_index, without_token},
    rules,
};
use convex_sync::{
    AuthPolicy, Config, Event, FetchId, Input, RequestOptions, SYNC_PATH, SessionId, SocketId, SyncClient,
    Time, TokenError,
};
use convex_testkit::{ClientVersion, ConnectionId, Deployment, Execution, Output, START};
use serde_json::Value as Json;

/// The maximum of frames and of events at one time, so that a client in an endless loop fails
/// instead of hanging the test.
const BOUND: usize = 100;

/// A text that says which rule broke.
pub type Violation = String;

/// An event of a token in the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerEntry {
    Arrived(TokenIndex),
    /// This token, or none, is in use from now on.
    InUse(Option<TokenIndex>),
}

pub struct World {
    pub client: SyncClient,
    pub deployment: Deployment,
    pub now: Time,
    pub links: Vec<Link>,
    pub provider: TokenProvider,
    pub app: App,
    pub remaining: Budget,
    /// Every token that reached the client, and every change of the token in use: see
    /// [`fingerprint`](super::fingerprint).
    pub ledger: Vec<LedgerEntry>,
    story: Option<Vec<String>>,
}

impl World {
    /// A page with a provider that is loading. Its query and its mutation have this policy. `page`:
    /// a web server has rendered it.
    pub fn new(policy: AuthPolicy, remaining: Budget, page: Option<Page>) -> Self {
        let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, START);
        if let Some(page) = page {
            client.presume(Time::ZERO, page.identity());
        }
        client.set_session(Time::ZERO, Some(Report::Loading.session()));
        let query = client.subscribe(&path(QUERY), &no_args(), policy);
        if let Some(seed) = page.and_then(|page| page.seed(policy)) {
            client.seed(query, Ok(seed));
        }
        let mut world = Self {
            client,
            deployment: Deployment::new(functions(), AudienceVerifier, START),
            now: Time::ZERO,
            links: Vec::new(),
            provider: TokenProvider::default(),
            app: App::new(query, policy, page),
            remaining,
            ledger: Vec::new(),
            story: None,
        };
        world.settle().expect("no rule breaks at the start");
        world
    }

    /// Like [`World::new`], and records the events.
    pub fn with_story(policy: AuthPolicy, remaining: Budget, page: Option<Page>) -> Self {
        Self { story: Some(Vec::new()), ..Self::new(policy, remaining, page) }
    }

    pub fn story(&self) -> String {
        self.story.as_deref().unwrap_or_default().join("\n")
    }

    pub fn note(&mut self, note: impl FnOnce(&Self) -> String) {
        if self.story.is_some() {
            let line = format!("{:>9} {}", self.now.to_string(), note(self));
            self.story.get_or_insert_default().push(line);
        }
    }

    /// The next deadline of the client or the server.
    pub fn next_due(&self) -> Option<Time> {
        self.client.poll_timeout().into_iter().chain(self.deployment.poll_timeout()).min()
    }

    /// Whether the server holds a user's identity on this link.
    pub fn has_identity(&self, link: &Link) -> bool {
        link.connection.is_some_and(|connection| self.deployment.identity(connection).is_some())
    }

    // ---- events ----

    /// Performs an event and everything that follows from it at once. Fails if a rule breaks.
    pub fn apply(&mut self, choice: Choice) -> Result<(), Violation> {
        self.remaining = choice.spend(self).expect("the event is among the possible ones");
        self.perform(choice)
    }

    /// Like [`World::apply`], without spending budget.
    pub fn perform(&mut self, choice: Choice) -> Result<(), Violation> {
        self.note(|_| format!("● {choice}"));
        match choice {
            Choice::SignIn(user) => self.provider_reports(Report::SignedIn(user)),
            Choice::ProviderSignsOut => self.provider_reports(Report::SignedOut),
            Choice::SignOut => {
                self.app.want(self.now, Wanted::Anonymous);
                self.app.signed_out = true;
                self.client.sign_out(self.now);
            }
            Choice::Mutate => self.mutate(),
            Choice::Wake => {
                let wall_clock = START.after(self.now.since_start());
                self.client.handle(self.now, Input::Woke { wall_clock, network_changed: false });
            }
            Choice::Opens { link } => self.opens(link.into()),
            Choice::Refused { link } => self.close(link.into()),
            Choice::ToServer { link, frames } => self.reach_server(link.into(), frames),
            Choice::ToClient { link } => self.reach_client(link.into()),
            Choice::Cut { link, after } => {
                self.reach_server(link.into(), after);
                self.hang_up(link.into());
                self.close(link.into());
            }
            Choice::HalfOpen { link } => {
                self.hang_up(link.into());
                let link = &mut self.links[usize::from(link)];
                link.to_server.clear();
                link.to_client.clear();
                link.half_open = true;
            }
            Choice::Expire { link } => {
                let connection =
                    self.links[usize::from(link)].connection.expect("the connection has an identity");
                self.deployment.revoke_identity(self.now, connection, "the identity has expired");
            }
            Choice::ProviderReplies { fetch, reply } => self.reply(fetch.into(), reply),
            Choice::TimePasses => self.pass_time(),
        }
        self.settle()?;
        self.links.retain(|link| !link.is_over());
        rules::check(self)
    }

    fn provider_reports(&mut self, report: Report) {
        let is_page_unconfirmed = !self.app.has_reported && self.app.report != Report::SignedOut;
        if self.app.reported(self.now, report) && is_page_unconfirmed {
            self.provider.forget_arrivals();
        }
        self.client.set_session(self.now, Some(report.session()));
    }

    fn mutate(&mut self) {
        let options = RequestOptions::from(self.app.policy);
        let request =
            self.client.mutate_optimistically(self.now, path(MUTATION), no_args(), options, add_one);
        self.app.called(request);
    }

    fn opens(&mut self, link: usize) {
        let version = ClientVersion::from_request(SYNC_PATH, None).expect("the client's path is valid");
        let link = &mut self.links[link];
        link.connection = Some(self.deployment.open(self.now, version));
        self.client.handle(self.now, Input::Opened { socket: link.socket });
    }

    /// The client learns that the socket is closed.
    fn close(&mut self, link: usize) {
        let link = self.links.remove(link);
        self.client.handle(self.now, Input::Closed { socket: link.socket, code: 1006, reason: "" });
    }

    /// The server learns that the socket is closed.
    fn hang_up(&mut self, link: usize) {
        if let Some(connection) = self.links[link].connection {
            self.deployment.closed(self.now, connection);
        }
    }

    fn reach_server(&mut self, link: usize, frames: u8) {
        for _ in 0..frames {
            let connection = self.links[link].connection.expect("frames are sent on open sockets");
            match self.links[link].to_server.pop_front().expect("that many frames are in flight") {
                ToServer::Frame(text) => self.deployment.receive(self.now, connection, &text),
                ToServer::Closed => {
                    self.deployment.closed(self.now, connection);
                    self.links[link].to_client.clear();
                }
            }
            let identity = self.deployment.identity(connection);
            let audience = identity.and_then(|identity| identity.claim("aud"));
            if let Some(index) = audience.and_then(token_index) {
                self.provider.tokens[index].accepted = true;
            }
        }
    }

    fn reach_client(&mut self, link: usize) {
        let socket = self.links[link].socket;
        match self.links[link].to_client.pop_front().expect("a frame is in flight") {
            ToClient::Frame(text) => {
                self.note(|_| format!("← {}", text.chars().take(230).collect::<String>()));
                if !self.links[link].abandoned && text.contains(r#""AuthError""#) {
                    self.app.presumed = false;
                    self.receive_rejection(link, &text);
                }
                self.client.handle(self.now, Input::Text { socket, text: &text });
            }
            ToClient::Closed => {
                self.client.handle(self.now, Input::Closed { socket, code: 1005, reason: "" });
                self.links.retain(|link| link.socket != socket);
            }
        }
    }

    /// The client receives a rejection. If it has sent several tokens since the last transition, it
    /// cannot know which one was rejected: the server reports only the last version that it had
    /// reached (protocol §7).
    fn receive_rejection(&mut self, link: usize, text: &str) {
        let error: Json = serde_json::from_str(text).expect("the server sends JSON");
        let Some(index) = error["error"].as_str().and_then(token_index) else { return };
        let base = error["baseVersion"].as_u64().map_or(0, |base| base as usize);
        let candidates = self.links[link].sent.identities[base..].iter().flatten();
        self.provider.tokens[index].known_rejected |= candidates.count() == 1;
        self.app.rejections += 1;
    }

    fn reply(&mut self, fetch: usize, reply: Reply) {
        let OpenFetch { id, mut user, key, mut session, dropped, .. } = self.provider.fetches[fetch];
        if reply == Reply::OfOther {
            user = user.other();
            self.app.token_used(self.now, user);
            session = self.app.session;
        }
        let outcome = match reply {
            Reply::Hangs => return self.provider.fetches[fetch].hangs = true,
            Reply::Fails => Err(TokenError::new("the network is down")),
            Reply::SignedOut => {
                self.app.replied_signed_out(self.now);
                Ok(None)
            }
            Reply::Valid | Reply::OfOther => Ok(Some(self.provider.issue(self.now, user, session, true))),
            Reply::Rejected => Ok(Some(self.provider.issue(self.now, user, session, false))),
            Reply::Same => Ok(self.provider.last_of(user)),
            Reply::Earlier => Ok(self.provider.last_of_another(key)),
        };
        if let Ok(Some(token)) = outcome {
            self.ledger.push(LedgerEntry::Arrived(token));
            let issued = &mut self.provider.tokens[token];
            if issued.user == user {
                issued.session = session;
                if !dropped {
                    issued.arrived_for.get_or_insert(key);
                }
                self.app.rejections += u32::from(issued.known_rejected);
            }
        }
        self.provider.fetches.remove(fetch);
        let outcome = outcome.map(|token| token.map(|index| self.provider.token(index)));
        self.client.handle(self.now, Input::Token { fetch: id, outcome });
    }

    fn pass_time(&mut self) {
        let due = self.next_due().expect("the event is among the possible ones");
        self.now = self.now.max(due);
        self.deployment.handle_timeout(self.now);
        self.client.handle(self.now, Input::Timeout);
    }

    // ---- what the client and the server do next ----

    /// Handles the outputs of both sides until there are no more.
    fn settle(&mut self) -> Result<(), Violation> {
        self.drain_events()?;
        for _ in 0..BOUND {
            let Some(text) = self.client.poll_transmit(self.now) else {
                self.drain_events()?;
                return self.drain_outputs();
            };
            self.transmit(text)?;
        }
        Err(format!("the client sends more than {BOUND} frames at one time"))
    }

    fn transmit(&mut self, text: String) -> Result<(), Violation> {
        let frame: Json =
            serde_json::from_str(&text).map_err(|error| format!("the client sends invalid JSON: {error}"))?;
        self.note(|_| format!("→ {}", without_token(&frame)));
        rules::check_frame(self, &frame)?;
        let link = self.links.last_mut().filter(|link| link.connection.is_some() && !link.abandoned);
        let Some(link) = link else { return Err("a frame is sent without an open socket".to_owned()) };
        if !link.half_open {
            link.to_server.push_back(ToServer::Frame(text));
        }
        Ok(())
    }

    fn drain_events(&mut self) -> Result<(), Violation> {
        for _ in 0..BOUND {
            let Some(event) = self.client.poll_event() else { return Ok(()) };
            self.note(|_| format!("· {event:?}"));
            rules::check_output(self, &format!("{event:?}"))?;
            self.handle_event(event)?;
        }
        Err(format!("the client emits more than {BOUND} events at one time"))
    }

    fn handle_event(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Open { socket } => self.links.push(Link::dialled(socket)),
            Event::Close { socket } => self.abandon(socket),
            Event::FetchToken { fetch, .. } => self.fetch(fetch)?,
            Event::DropFetch { fetch } => {
                self.provider.fetches.retain(|open| open.id != fetch || !open.hangs);
                let dropped = self.provider.fetches.iter_mut().find(|open| open.id == fetch);
                dropped.into_iter().for_each(|open| open.dropped = true);
            }
            Event::Response { request, outcome } => self.app.settled(request, outcome)?,
            Event::OptimisticUpdateFailed { error, .. } => return Err(error.to_string()),
            Event::Auth => rules::note_resumed(self),
            Event::Transition { .. } | Event::Connection | Event::InFlight | Event::Log { .. } => {}
        }
        Ok(())
    }

    fn abandon(&mut self, socket: SocketId) {
        let Some(index) = self.links.iter().position(|link| link.socket == socket) else { return };
        let link = &mut self.links[index];
        if link.connection.is_none() || link.half_open {
            self.links.remove(index);
        } else {
            link.abandoned = true;
            link.to_server.push_back(ToServer::Closed);
        }
    }

    fn fetch(&mut self, id: FetchId) -> Result<(), Violation> {
        let Some(user) = self.app.token_user() else {
            return Err(format!("a token is fetched, but wanted is {:?}", self.app.wanted));
        };
        if self.provider.fetches.iter().any(|open| !open.dropped) {
            return Err("a token is fetched while another fetch is in flight".to_owned());
        }
        let Report::SignedIn(key) = self.app.report else {
            return Err(format!("a token is fetched, but the session is {:?}", self.app.report));
        };
        let session = self.app.session;
        self.provider.fetches.push(OpenFetch { id, user, key, session, dropped: false, hangs: false });
        Ok(())
    }

    fn drain_outputs(&mut self) -> Result<(), Violation> {
        while let Some(output) = self.deployment.poll_output() {
            let (connection, message) = match output {
                Output::Send { connection, text } if text.contains(r#""FatalError""#) => {
                    return Err(format!("the server sends a fatal error on {connection:?}: {text}"));
                }
                Output::Send { connection, text } => (connection, ToClient::Frame(text)),
                Output::Close { code: Some(code), reason, .. } => {
                    return Err(format!("the server closes the socket: {code} {reason}"));
                }
                Output::Close { connection, .. } | Output::Drop { connection } => {
                    (connection, ToClient::Closed)
                }
            };
            let link = self.links.iter_mut().find(|link| link.connection == Some(connection));
            if let Some(link) = link.filter(|link| !link.half_open) {
                link.to_client.push_back(message);
            }
        }
        let executions = self.deployment.take_executions();
        executions.iter().try_for_each(|run| self.ran(run))
    }

    fn ran(&mut self, run: &Execution) -> Result<(), Violation> {
        let identity = run.identity.as_ref().map(|identity| identity.subject.clone());
        self.note(|_| {
            format!("  the server runs {} as {}", run.path, identity.as_deref().unwrap_or("anonymous"))
        });
        self.app.ran(run.path.as_str(), identity.as_deref())
    }
}

/// The connection of the newest open socket.
pub fn open_connection(world: &World) -> Option<ConnectionId> {
    world.links.iter().rev().find(|link| link.is_open())?.connection
}
