//! Plays a script on our client.

use crate::{
    client::Client,
    optimistic,
    recording::{Recording, Settled, answered},
    script::{Script, Step},
    stage::Stage,
};
use anyhow::{Context, Result, bail, ensure};
use convex_sync::{
    Arguments, AuthPolicy, AuthState, ConvexError, EncodedValue, Event, FunctionError, FunctionPath,
    PaginatedHandle, PaginationResult, PaginationStatus, QueryHandle, RequestId, RequestOptions, Session,
    SyncClient, Value,
};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Nothing takes this long.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the server is asked what it ran.
const PAUSE: Duration = Duration::from_millis(10);

/// Plays a script, and says what came of it.
pub async fn play(stage: &Stage, script: &Script) -> Result<Recording> {
    let mut player = Player::start(stage, &script.together).await?;
    for step in &script.steps {
        player.perform(step).await.with_context(|| format!("our client, at {step:?}"))?;
    }
    Ok(player.finish())
}

#[derive(Clone, Copy)]
enum Subscription {
    Query(QueryHandle),
    List(PaginatedHandle),
}

struct Player<'a> {
    stage: &'a Stage,
    together: &'a [String],
    client: Client,
    queries: BTreeMap<String, Subscription>,
    requests: BTreeMap<RequestId, String>,
    recording: Recording,
}

impl<'a> Player<'a> {
    async fn start(stage: &'a Stage, together: &'a [String]) -> Result<Self> {
        let mut player = Self {
            stage,
            together,
            client: Client::new(&stage.url())?,
            queries: BTreeMap::new(),
            requests: BTreeMap::new(),
            recording: Recording { authenticated: vec![false], ..Recording::default() },
        };
        player.turn().await?;
        Ok(player)
    }

    fn finish(self) -> Recording {
        Recording { connections: self.client.into_connections(), ..self.recording }
    }

    async fn perform(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::AtOnce(steps) => steps.iter().try_for_each(|step| self.command(step))?,
            Step::Elsewhere { function, args } => self.stage.mutate(function, args).await?,
            Step::Drop => self.stage.drop_connections().await?,
            Step::Turn(knobs) => self.stage.turn(knobs).await?,
            Step::UntilShown { query, value } => {
                let wanted = json!({ "value": canonical(&EncodedValue::encode(value)?) });
                self.until(|player| player.shows(query) == Some(&wanted)).await?;
            }
            Step::UntilFailed(query) => {
                self.until(|player| player.shows(query).is_some_and(|shown| shown.get("error").is_some()))
                    .await?;
            }
            Step::UntilSettled(request) => {
                self.until(|player| player.recording.requests.contains_key(request)).await?;
            }
            Step::UntilAuthenticated => {
                self.until(|player| player.recording.authenticated.last() == Some(&true)).await?;
            }
            Step::UntilDisconnected => self.until(|player| player.client.is_disconnected()).await?,
            Step::UntilAnswered(connections) => {
                self.until(|player| answered(player.client.connections()) >= *connections).await?;
            }
            Step::UntilRan(function) => {
                let deadline = Instant::now() + PATIENCE;
                while !self.stage.has_run(function).await? {
                    ensure!(Instant::now() < deadline, "it did not run");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            step => self.command(step)?,
        }
        self.turn().await
    }

    /// What is done with the client itself.
    fn command(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Subscribe { query, function, args } => {
                let (function, args) = call(function, args)?;
                let handle =
                    self.client.command(|core, _| core.subscribe(&function, &args, AuthPolicy::Settled));
                self.queries.insert(query.clone(), Subscription::Query(handle));
            }
            Step::Paginate { query, function, args, items } => {
                let (function, args) = call(function, args)?;
                let handle = self.client.command(|core, _| {
                    core.subscribe_paginated(&function, &args, AuthPolicy::Settled, *items)
                });
                self.queries.insert(query.clone(), Subscription::List(handle));
            }
            Step::LoadMore { query, items } => {
                let Some(Subscription::List(list)) = self.queries.get(query).copied() else {
                    bail!("no list")
                };
                self.client.command(|core, _| core.load_more(list, *items));
            }
            Step::Unsubscribe(query) => {
                let subscription =
                    self.queries.remove(query).context("nothing of this name is subscribed")?;
                self.client.command(|core, _| match subscription {
                    Subscription::Query(query) => core.unsubscribe(query),
                    Subscription::List(list) => core.unsubscribe_paginated(list),
                });
            }
            Step::Mutate { request, function, args, optimistic } => {
                let (function, args) = call(function, args)?;
                let update = optimistic::update(optimistic.clone());
                let options = RequestOptions::default();
                let id = self.client.command(|core, now| match optimistic.is_empty() {
                    true => core.mutate(now, function, args, options),
                    false => core.mutate_optimistically(now, function, args, options, update),
                });
                self.requests.insert(id, request.clone());
            }
            Step::Act { request, function, args } => {
                let (function, args) = call(function, args)?;
                let options = RequestOptions::default();
                let id = self.client.command(|core, now| core.act(now, function, args, options));
                self.requests.insert(id, request.clone());
            }
            Step::Ask { request, function, args } => {
                let (function, args) = call(function, args)?;
                let options = RequestOptions::default();
                let id = self.client.command(|core, now| core.query_once(now, function, args, options));
                self.requests.insert(id, request.clone());
            }
            Step::SignIn(person) => {
                let tokens = self.stage.tokens.get(person).context("nobody is called that")?;
                self.client.set_tokens(tokens.clone());
                let session = Some(Session::signed_in(person.as_str()));
                self.client.command(|core, now| core.set_session(now, session));
            }
            Step::SignOut => self.client.command(SyncClient::sign_out),
            step => bail!("{step:?} is nothing that is done with a client"),
        }
        self.look();
        Ok(())
    }

    async fn until(&mut self, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        let wait = async {
            while !is_so(self) {
                self.client.next().await?;
                self.turn().await?;
            }
            Ok(())
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(outcome) => outcome,
            Err(_) => bail!("it did not come to that; so far: {:#?}", self.recording),
        }
    }

    /// Sends what there is to send, and writes down what there is to see.
    async fn turn(&mut self) -> Result<()> {
        let told = self.client.flush().await?;
        self.look();
        for event in told {
            if let Event::Response { request, outcome } = event {
                let name = self.requests.remove(&request).context("an outcome of no request")?;
                let shown = self.queries.iter();
                let shown = shown.map(|(query, subscription)| (query.clone(), self.result(*subscription)));
                let settled = Settled { outcome: outcome_of(outcome), shown: shown.collect() };
                self.recording.settled.push(name.clone());
                self.recording.requests.insert(name, settled);
            }
        }
        Ok(())
    }

    /// Writes down what the page shows now.
    fn look(&mut self) {
        for (query, &subscription) in &self.queries {
            let shown = self.result(subscription);
            push_new(self.recording.queries.entry(query.clone()).or_default(), shown);
        }
        let together: Vec<_> = self.together.iter().filter_map(|query| self.shows(query).cloned()).collect();
        if !together.is_empty() {
            push_new(&mut self.recording.together, together);
        }
        match self.client.core().auth() {
            AuthState::Loading { .. } => {}
            AuthState::Authenticated { .. } => push_new(&mut self.recording.authenticated, true),
            AuthState::Unauthenticated { .. } => push_new(&mut self.recording.authenticated, false),
        }
    }

    fn shows(&self, query: &str) -> Option<&Json> {
        self.recording.queries.get(query)?.last()
    }

    fn result(&self, subscription: Subscription) -> Json {
        let core = self.client.core();
        match subscription {
            Subscription::Query(query) => match core.result(query) {
                None => json!("loading"),
                Some(Ok(value)) => json!({ "value": canonical(value) }),
                Some(Err(error)) => failure(error),
            },
            Subscription::List(list) => list_shown(core.paginated(list).expect("it is subscribed to")),
        }
    }
}

fn list_shown(shown: PaginationResult) -> Json {
    if let PaginationStatus::Error(error) = &shown.status {
        return failure(error);
    }
    let pages = shown.pages.iter().map(|page| page.decode::<Value>().expect("a server sends values"));
    let results: Vec<Value> = pages.flatten().collect();
    let results = EncodedValue::encode(&results).expect("what was read can be written");
    json!({ "value": { "results": canonical(&results), "status": format!("{:?}", shown.status) } })
}

fn call(function: &str, args: &Json) -> Result<(FunctionPath, Arguments)> {
    let args = Arguments::encode(args)?.context("arguments are an object")?;
    Ok((FunctionPath::parse(function)?, args))
}

fn outcome_of(outcome: Result<EncodedValue, ConvexError>) -> Json {
    match outcome {
        Ok(value) => json!({ "value": canonical(&value) }),
        Err(ConvexError::Function(error)) => failure(&error),
        Err(ConvexError::OutcomeUnknown) => json!("lost"),
        Err(other) => json!({ "refused": other.to_string() }),
    }
}

fn failure(error: &FunctionError) -> Json {
    match &error.data {
        None => json!({ "error": *error.message }),
        Some(data) => json!({ "error": *error.message, "data": canonical(data) }),
    }
}

/// A value, read and written again by our codec.
fn canonical(value: &EncodedValue) -> Json {
    let read: Value = value.decode().expect("a server sends values");
    let written = EncodedValue::encode(&read).expect("what was read can be written");
    serde_json::from_str(written.as_json()).expect("an encoded value is JSON")
}

fn push_new<T: PartialEq>(history: &mut Vec<T>, now: T) {
    if history.last() != Some(&now) {
        history.push(now);
    }
}
