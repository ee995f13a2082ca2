//! The world most scenarios play in: a few functions, an issuer, and shorthands for what a story
//! does.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each scenario uses some of it")]

pub mod lists;
pub mod notes;

use convex_sync::{Config, Session, Token, TokenError};
use convex_testkit::{
    Deployment, FetchReply, Functions, Pair, PairEvent, START, TestIssuer, UnixMillis, Value, object,
};
use serde_json::Value as Json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A client and a deployment, and what its provider hands out.
pub struct World {
    pub pair: Pair,
    pub issuer: TestIssuer,
    /// How far the server's clock is from the start, for the provider's tokens.
    issued: Arc<Mutex<u64>>,
}

impl World {
    pub fn new() -> Self {
        Self::with_clock_ahead(0)
    }

    /// A world in which the client's wall clock is ahead of the server's by so many milliseconds.
    pub fn with_clock_ahead(ahead: i64) -> Self {
        Self::with(Config::default(), ahead, 42)
    }

    /// A world in which this seed decides what is left to chance.
    pub fn with_seed(seed: u64) -> Self {
        Self::with(Config::default(), 0, seed)
    }

    /// A world whose client has bounds of its own.
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

    /// The provider has fresh tokens of this person, at once.
    pub fn tokens_of(&mut self, subject: &'static str, life: Duration) {
        self.slow_tokens_of(subject, life, Duration::ZERO);
    }

    /// The provider has fresh tokens of this person, after a while. No two of them are equal.
    pub fn slow_tokens_of(&mut self, subject: &'static str, life: Duration, delay: Duration) {
        let (issuer, issued) = (self.issuer.clone(), self.issued.clone());
        self.pair.provide(move |request| {
            let mut issued = issued.lock().unwrap();
            *issued += 1;
            let now = START.after(request.at.since_start());
            let token = issuer.token_with(serde_json::json!({
                "sub": subject, "iat": now.0 / 1000, "exp": now.after(life).0 / 1000, "jti": *issued,
            }));
            FetchReply::After(delay, Ok(Some(Token::new(token))))
        });
    }

    /// The provider hands out this very token, whatever it is asked.
    pub fn one_token(&mut self, token: impl Into<String>) {
        let token = Token::new(token.into());
        self.pair.provide(move |_| FetchReply::After(Duration::ZERO, Ok(Some(token.clone()))));
    }

    /// A token of this person, from now on for so long.
    pub fn token(&self, subject: &str, life: Duration) -> String {
        self.issuer.token(subject, self.unix(), self.pair.unix_in(life))
    }

    /// The provider cannot be reached.
    pub fn provider_fails(&mut self) {
        self.pair.provide(|_| FetchReply::After(millis(50), Err(TokenError::new("the network is down"))));
    }

    pub fn unix(&self) -> UnixMillis {
        self.pair.unix_in(Duration::ZERO)
    }

    pub fn sign_in(&mut self, key: &str) {
        self.pair.command(|client, now| client.set_session(now, Some(Session::signed_in(key))));
    }

    pub fn provider_signs_out(&mut self) {
        self.pair.command(|client, now| client.set_session(now, Some(Session::SignedOut)));
    }

    /// As whom a function ran, run by run.
    pub fn ran_as(&self, path: &str) -> Vec<String> {
        let runs = self.pair.deployment.executions().iter().filter(|run| run.path.starts_with(path));
        runs.map(|run| run.identity.as_ref().map_or_else(|| "nobody".to_owned(), |who| who.subject.clone()))
            .collect()
    }

    /// Where the server is, by its last transition.
    pub fn last_version(&self) -> Json {
        let versions = self.pair.events().iter().rev().filter_map(|(_, happening)| match happening {
            PairEvent::Received(frame) => frame.get("endVersion").cloned(),
            _ => None,
        });
        versions.into_iter().next().expect("there was a transition")
    }

    /// The server tells that nothing is new, as it may at any time.
    pub fn no_news(&mut self) {
        let version = self.last_version();
        let frame = serde_json::json!({
            "type": "Transition", "startVersion": version, "endVersion": version, "modifications": [],
        });
        self.pair.server(|deployment, now| {
            for connection in deployment.connections().collect::<Vec<_>>() {
                deployment.send_raw(now, connection, frame.to_string());
            }
        });
    }

    pub fn count_sent(&self, frame_type: &str) -> usize {
        self.pair.sent_types().iter().filter(|sent| *sent == frame_type).count()
    }
}

fn functions() -> Functions {
    lists::add_to(Functions::new())
        .query("users:me", |ctx, _| {
            let who = ctx.identity().map_or("nobody", |identity| identity.subject.as_str());
            Ok(Value::from(who))
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
            let author = ctx.identity().map_or("nobody", |identity| identity.subject.as_str()).to_owned();
            ctx.db().insert("notes", object! { "text" => text, "author" => author });
            Ok(Value::Null)
        })
        .action("notes:ponder", |ctx, args| {
            ctx.delay(Duration::from_secs_f64(args.number("seconds")?));
            Ok(Value::from("pondered"))
        })
}
