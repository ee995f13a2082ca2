//! The world: one client, one server, one provider, one app, and what is under way between them.

use super::{
    app::{App, Wanted, Word},
    choice::{Answer, Budget, Choice},
    functions::{MUTATION, QUERY, functions, no_args, one_more, path},
    link::{Link, ToClient, ToServer},
    provider::{Fetch, Judge, Provider, TokenIndex},
    rules,
};
use convex_sync::{
    AuthPolicy, Config, Event, FetchId, Input, RequestOptions, SYNC_PATH, SessionId, SocketId, SyncClient,
    Time, TokenError,
};
use convex_testkit::{ClientVersion, ConnectionId, Deployment, Execution, Output, START};
use serde_json::Value as Json;

/// How many frames and events there may be at one moment: a client in a circle does not hang the
/// test.
const BOUND: usize = 100;

/// What broke, in words.
pub type Violation = String;

/// Something that happened to a token in the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Arrived(TokenIndex),
    /// It, or none, is in use from now on.
    InUse(Option<TokenIndex>),
}

pub struct World {
    pub client: SyncClient,
    pub deployment: Deployment,
    pub now: Time,
    pub links: Vec<Link>,
    pub provider: Provider,
    pub app: App,
    pub left: Budget,
    /// Every token that reached the client, and every change of the token in use: see
    /// [`fingerprint`](super::fingerprint).
    pub ledger: Vec<Entry>,
    story: Option<Vec<String>>,
}

impl World {
    /// A page whose provider has not said anything yet; its query and its mutation are of this
    /// policy.
    pub fn new(policy: AuthPolicy, left: Budget) -> Self {
        let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, START);
        client.set_session(Time::ZERO, Some(Word::Loading.session()));
        let query = client.subscribe(&path(QUERY), &no_args(), policy);
        let mut world = Self {
            client,
            deployment: Deployment::new(functions(), Judge, START),
            now: Time::ZERO,
            links: Vec::new(),
            provider: Provider::default(),
            app: App::new(query, policy),
            left,
            ledger: Vec::new(),
            story: None,
        };
        world.settle().expect("nothing has happened yet");
        world
    }

    /// As [`new`](Self::new), and keeps a story.
    pub fn telling(policy: AuthPolicy, left: Budget) -> Self {
        Self { story: Some(Vec::new()), ..Self::new(policy, left) }
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

    /// When something happens by itself.
    pub fn next_due(&self) -> Option<Time> {
        self.client.poll_timeout().into_iter().chain(self.deployment.poll_timeout()).min()
    }

    /// Whether the server holds somebody on this link.
    pub fn is_anybody_on(&self, link: &Link) -> bool {
        link.connection.is_some_and(|connection| self.deployment.identity(connection).is_some())
    }

    // ---- what happens ----

    /// Lets something happen, and all that follows at once from it. `Err`: a rule broke.
    pub fn apply(&mut self, choice: Choice) -> Result<(), Violation> {
        self.left = choice.spend(self).expect("it was among the possible choices");
        self.happen(choice)
    }

    /// As [`apply`](Self::apply), at no cost.
    pub fn happen(&mut self, choice: Choice) -> Result<(), Violation> {
        self.note(|_| format!("● {choice}"));
        match choice {
            Choice::SignIn(person) => self.provider_says(Word::SignedIn(person)),
            Choice::ProviderSignsOut => self.provider_says(Word::SignedOut),
            Choice::SignOut => {
                self.app.want(self.now, Wanted::Nobody);
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
                let connection = self.links[usize::from(link)].connection.expect("somebody is on it");
                self.deployment.revoke_identity(self.now, connection, "the identity has run out");
            }
            Choice::Answer { fetch, answer } => self.answer(fetch.into(), answer),
            Choice::TimePasses => self.pass_time(),
        }
        self.settle()?;
        self.links.retain(|link| !link.is_over());
        rules::check(self)
    }

    fn provider_says(&mut self, word: Word) {
        self.app.told(self.now, word);
        self.client.set_session(self.now, Some(word.session()));
    }

    fn mutate(&mut self) {
        let options = RequestOptions::from(self.app.policy);
        let request =
            self.client.mutate_optimistically(self.now, path(MUTATION), no_args(), options, one_more);
        self.app.called(request);
    }

    fn opens(&mut self, link: usize) {
        let version = ClientVersion::from_request(SYNC_PATH, None).expect("the client's own path is good");
        let link = &mut self.links[link];
        link.connection = Some(self.deployment.open(self.now, version));
        self.client.handle(self.now, Input::Opened { socket: link.socket });
    }

    /// The socket is gone, and the client hears of it.
    fn close(&mut self, link: usize) {
        let link = self.links.remove(link);
        self.client.handle(self.now, Input::Closed { socket: link.socket, code: 1006, reason: "" });
    }

    /// The server hears that the socket is gone.
    fn hang_up(&mut self, link: usize) {
        if let Some(connection) = self.links[link].connection {
            self.deployment.closed(self.now, connection);
        }
    }

    fn reach_server(&mut self, link: usize, frames: u8) {
        for _ in 0..frames {
            let connection = self.links[link].connection.expect("frames are sent on open sockets");
            match self.links[link].to_server.pop_front().expect("so many are under way") {
                ToServer::Frame(text) => self.deployment.receive(self.now, connection, &text),
                ToServer::Gone => {
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
        match self.links[link].to_client.pop_front().expect("something is under way") {
            ToClient::Frame(text) => {
                self.note(|_| format!("← {}", text.chars().take(230).collect::<String>()));
                if !self.links[link].left && text.contains(r#""AuthError""#) {
                    self.heard_rejection(link, &text);
                }
                self.client.handle(self.now, Input::Text { socket, text: &text });
            }
            ToClient::Closed => {
                self.client.handle(self.now, Input::Closed { socket, code: 1005, reason: "" });
                self.links.retain(|link| link.socket != socket);
            }
        }
    }

    /// The client hears that a token is refused. Which one it cannot know where it sent several
    /// since the last transition: the server says how far it had come by then (protocol §7), not
    /// what it stumbled over.
    fn heard_rejection(&mut self, link: usize, text: &str) {
        let error: Json = serde_json::from_str(text).expect("the server sends JSON");
        let Some(index) = error["error"].as_str().and_then(token_index) else { return };
        let base = error["baseVersion"].as_u64().map_or(0, |base| base as usize);
        let suspects = self.links[link].said.identities[base..].iter().flatten();
        self.provider.tokens[index].known_refused |= suspects.count() == 1;
        self.app.rejections += 1;
    }

    fn answer(&mut self, fetch: usize, answer: Answer) {
        let asked @ Fetch { id, person, session, dropped, .. } = self.provider.fetches[fetch];
        let outcome = match answer {
            Answer::Hangs => return self.provider.fetches[fetch].hangs = true,
            Answer::Fails => Err(TokenError::new("the network is down")),
            Answer::Nobody => {
                self.app.want(self.now, Wanted::Nobody);
                Ok(None)
            }
            Answer::Good => Ok(Some(self.provider.issue(self.now, asked, true))),
            Answer::Refused => Ok(Some(self.provider.issue(self.now, asked, false))),
            Answer::Same => Ok(self.provider.last_of(person)),
            Answer::Earlier => Ok(self.provider.last_of_another(person)),
        };
        if let Ok(Some(token)) = outcome {
            self.ledger.push(Entry::Arrived(token));
            let issued = &mut self.provider.tokens[token];
            if issued.person == person {
                issued.session = session;
                issued.arrived |= !dropped;
                self.app.rejections += u32::from(issued.known_refused);
            }
        }
        self.provider.fetches.remove(fetch);
        let outcome = outcome.map(|token| token.map(|index| self.provider.token(index)));
        self.client.handle(self.now, Input::Token { fetch: id, outcome });
    }

    fn pass_time(&mut self) {
        let due = self.next_due().expect("it was among the possible choices");
        self.now = self.now.max(due);
        self.deployment.handle_timeout(self.now);
        self.client.handle(self.now, Input::Timeout);
    }

    // ---- what follows ----

    /// Does all that either side wants done now.
    fn settle(&mut self) -> Result<(), Violation> {
        self.drain_events()?;
        for _ in 0..BOUND {
            let Some(text) = self.client.poll_transmit(self.now) else {
                self.drain_events()?;
                return self.drain_outputs();
            };
            self.transmit(text)?;
        }
        Err(format!("the client sends more than {BOUND} frames at one moment"))
    }

    fn transmit(&mut self, text: String) -> Result<(), Violation> {
        let frame: Json = serde_json::from_str(&text).map_err(|error| format!("the client sends {error}"))?;
        self.note(|_| format!("→ {}", told(&frame)));
        rules::check_frame(self, &frame)?;
        let link = self.links.last_mut().filter(|link| link.connection.is_some() && !link.left);
        let Some(link) = link else { return Err("a frame is sent where no socket is open".to_owned()) };
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
        Err(format!("the client tells more than {BOUND} events at one moment"))
    }

    fn handle_event(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Open { socket } => self.links.push(Link::dialled(socket)),
            Event::Close { socket } => self.leave(socket),
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

    fn leave(&mut self, socket: SocketId) {
        let Some(index) = self.links.iter().position(|link| link.socket == socket) else { return };
        let link = &mut self.links[index];
        if link.connection.is_none() || link.half_open {
            self.links.remove(index);
        } else {
            link.left = true;
            link.to_server.push_back(ToServer::Gone);
        }
    }

    fn fetch(&mut self, id: FetchId) -> Result<(), Violation> {
        let Some(person) = self.app.token_person() else {
            return Err(format!("a token is fetched, and wanted is {:?}", self.app.wanted));
        };
        if self.provider.fetches.iter().any(|open| !open.dropped) {
            return Err("a token is fetched while a fetch is under way".to_owned());
        }
        let session = self.app.session;
        self.provider.fetches.push(Fetch { id, person, session, dropped: false, hangs: false });
        Ok(())
    }

    fn drain_outputs(&mut self) -> Result<(), Violation> {
        while let Some(output) = self.deployment.poll_output() {
            let (connection, message) = match output {
                Output::Send { connection, text } if text.contains(r#""FatalError""#) => {
                    return Err(format!("the server complains on {connection:?}: {text}"));
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
            format!("  the server runs {} as {}", run.path, identity.as_deref().unwrap_or("nobody"))
        });
        self.app.ran(run.path.as_str(), identity.as_deref())
    }
}

/// The index of the token that a text speaks of.
pub fn token_index(text: &str) -> Option<TokenIndex> {
    text.strip_prefix("token ")?.split(',').next()?.parse().ok()
}

/// A frame without the token in it.
fn told(frame: &Json) -> String {
    let mut frame = frame.clone();
    if !frame["tokenType"].is_null() {
        frame["value"] = "…".into();
    }
    frame.to_string()
}

/// The connection of the socket that is open, as the client sees it.
pub fn open_connection(world: &World) -> Option<ConnectionId> {
    world.links.iter().rev().find(|link| link.is_open())?.connection
}
