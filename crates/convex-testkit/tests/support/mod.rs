//! The world of most scenarios: a client and a deployment with a few functions, an identity
//! provider, and helpers for frequent steps.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each scenario uses only some of it")]

pub mod frames;
pub mod lists;
pub mod notes;

use convex_sync::{AuthPolicy, AuthState, Config, Session, Token, TokenError};
use convex_testkit::{
    ConnectionId, Deployment, FetchReply, Functions, Pair, PairEvent, START, TestIssuer, Time, Value, object,
};
use serde_json::{Value as Json, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

pub const AUTHENTICATED: AuthState = AuthState::Authenticated { refreshing: false };
pub const REFRESHING: AuthState = AuthState::Authenticated { refreshing: true };

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A client, a deployment and the issuer of the provider's tokens.
pub struct World {
    pub pair: Pair,
    pub issuer: TestIssuer,
    /// The number of tokens issued so far, which makes each token unique.
    issued: Arc<Mutex<u64>>,
}

impl World {
    pub fn new() -> Self {
        Self::with_clock_ahead(0)
    }

    /// A live world and its frozen connection (see [`World::freeze`]).
    pub fn frozen() -> (Self, ConnectionId) {
        let mut world = Self::new();
        world.pair.run_until_live();
        let connection = world.connection();
        world.freeze(connection);
        (world, connection)
    }

    /// Signs in `user` and provides fresh tokens with the lifetime `life`.
    pub fn with_user(user: &'static str, life: Duration) -> Self {
        let mut world = Self::new();
        world.tokens_of(user, life);
        world.sign_in(user);
        world
    }

    /// Like [`World::with_user`], once the server has confirmed the user.
    pub fn authenticated(user: &'static str, life: Duration) -> Self {
        let mut world = Self::with_user(user, life);
        world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
        world
    }

    /// Like [`World::with_user`], once the query `users:me` has its result.
    pub fn live_with_user(user: &'static str, life: Duration) -> Self {
        let mut world = Self::with_user(user, life);
        world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
        world.pair.run_until_live();
        world
    }

    /// `ahead`: by how many milliseconds the client's wall clock is ahead of the server's.
    pub fn with_clock_ahead(ahead: i64) -> Self {
        Self::with(Config::default(), ahead, 42)
    }

    /// The seed determines all random choices.
    pub fn with_seed(seed: u64) -> Self {
        Self::with(Config::default(), 0, seed)
    }

    pub fn with_config(config: Config) -> Self {
        Self::with(config, 0, 42)
    }

    fn with(config: Config, ahead: i64, seed: u64) -> Self {
        let issuer = TestIssuer::new("https://issuer.example", "convex");
        let mut deployment = Deployment::new(functions(), issuer.clone(), START);
        deployment.answer_singly(env!("CARGO_CRATE_NAME") == "separate_transitions");
        let pair = Pair::with_config(deployment, config, ahead, seed);
        Self { pair, issuer, issued: Arc::default() }
    }

    /// From now on the provider returns fresh tokens of this user at once.
    pub fn tokens_of(&mut self, subject: &'static str, life: Duration) {
        self.slow_tokens_of(subject, life, Duration::ZERO);
    }

    /// From now on the provider returns fresh tokens of this user after `delay`. Each is unique.
    pub fn slow_tokens_of(&mut self, subject: &'static str, life: Duration, delay: Duration) {
        let (issuer, issued) = (self.issuer.clone(), self.issued.clone());
        self.pair.provide(move |request| {
            let mut issued = issued.lock().unwrap();
            *issued += 1;
            let now = START.after(request.at.since_start());
            let token = issuer.token_with(json!({
                "sub": subject, "iat": now.0 / 1000, "exp": now.after(life).0 / 1000, "jti": *issued,
            }));
            FetchReply::After(delay, Ok(Some(Token::new(token))))
        });
    }

    /// From now on the provider always returns this token.
    pub fn only_token(&mut self, token: impl Into<String>) {
        let token = Token::new(token.into());
        self.pair.provide(move |_| FetchReply::After(Duration::ZERO, Ok(Some(token.clone()))));
    }

    /// A token of this user that is issued now and expires after `life`.
    pub fn token(&self, subject: &str, life: Duration) -> String {
        self.issuer.token(subject, self.pair.unix_in(Duration::ZERO), self.pair.unix_in(life))
    }

    /// From now on every token fetch fails.
    pub fn provider_fails(&mut self) {
        self.pair.provide(|_| FetchReply::After(millis(50), Err(TokenError::new("the network is down"))));
    }

    pub fn sign_in(&mut self, key: &str) {
        self.pair.command(|client, now| client.set_session(now, Some(Session::signed_in(key))));
    }

    pub fn provider_signs_out(&mut self) {
        self.pair.command(|client, now| client.set_session(now, Some(Session::SignedOut)));
    }

    /// The user of each execution of a function, or `anonymous`. `path` is a prefix of its path.
    pub fn ran_as(&self, path: &str) -> Vec<String> {
        let runs = self.pair.deployment.executions().iter().filter(|run| run.path.starts_with(path));
        runs.map(|run| {
            run.identity.as_ref().map_or_else(|| "anonymous".to_owned(), |user| user.subject.clone())
        })
        .collect()
    }

    /// The end version of the last transition that the client received.
    pub fn last_version(&self) -> Json {
        let versions = self.pair.events().iter().rev().filter_map(|(_, happening)| match happening {
            PairEvent::Received(frame) => frame.get("endVersion").cloned(),
            _ => None,
        });
        versions.into_iter().next().expect("there was a transition")
    }

    /// The oldest open connection.
    pub fn connection(&self) -> ConnectionId {
        self.pair.deployment.connections().next().expect("a connection is open")
    }

    pub fn for_each_connection(&mut self, mut act: impl FnMut(&mut Deployment, Time, ConnectionId)) {
        self.pair.server(|deployment, now| {
            for connection in deployment.connections().collect::<Vec<_>>() {
                act(deployment, now, connection);
            }
        });
    }

    /// The server no longer answers on this connection, nor sends pings.
    pub fn freeze(&mut self, connection: ConnectionId) {
        self.pair.server(|deployment, _| deployment.freeze(connection));
    }

    /// The server sends a frame.
    pub fn send_raw(&mut self, connection: ConnectionId, frame: impl Into<String>) {
        self.pair.server(|deployment, now| deployment.send_raw(now, connection, frame));
    }

    /// The server rejects the token of this connection.
    pub fn revoke_identity(&mut self, connection: ConnectionId) {
        self.pair.server(|deployment, now| deployment.revoke_identity(now, connection, "revoked"));
    }

    /// The server sends a transition without changes, as it may at any time.
    pub fn send_empty_transition(&mut self) {
        let version = self.last_version();
        let frame = frames::transition(&version, &version);
        self.for_each_connection(|deployment, now, connection| {
            deployment.send_raw(now, connection, frame.as_str());
        });
    }

    /// How often the client has sent this token.
    pub fn times_sent(&self, token: &str) -> usize {
        self.pair.sent().iter().filter(|frame| frame["value"] == token).count()
    }

    /// The number of queries that the server runs for the current connection.
    pub fn subscriptions(&self) -> usize {
        self.pair.connection().map_or(0, |connection| self.pair.deployment.subscriptions(connection))
    }

    /// How often the client has dialled.
    pub fn dials(&self) -> usize {
        self.pair.trace().matches("the client dials").count()
    }

    /// Runs until the client has sent `count` frames of this type.
    pub fn run_until_sent(&mut self, frame_type: &str, count: usize) {
        self.pair
            .run_until(|pair| pair.sent_types().iter().filter(|sent| *sent == frame_type).count() >= count);
    }

    pub fn count_sent(&self, frame_type: &str) -> usize {
        self.pair.sent_types().iter().filter(|sent| *sent == frame_type).count()
    }
}

fn functions() -> Functions {
    lists::add_to(Functions::new())
        .query("users:me", |ctx, _| {
            let user = ctx.identity().map_or("anonymous", |identity| identity.subject.as_str());
            Ok(Value::from(user))
        })
        .query("notes:count", |ctx, _| Ok(Value::from(ctx.db().query("notes").collect().len() as f64)))
        .query("notes:all", |ctx, _| {
            ctx.log("listed");
            let texts = ctx.db().query("notes").collect().into_iter().map(|note| note["text"].clone());
            Ok(Value::Array(texts.collect()))
        })
        .mutation("notes:add", |ctx, args| {
            let text = args.required("text")?.clone();
            ctx.log("added");
            let author = ctx.identity().map_or("anonymous", |identity| identity.subject.as_str()).to_owned();
            ctx.db().insert("notes", object! { "text" => text, "author" => author });
            Ok(Value::Null)
        })
        .action("notes:ponder", |ctx, args| {
            ctx.delay(Duration::from_secs_f64(args.number("seconds")?));
            Ok(Value::from("pondered"))
        })
}
