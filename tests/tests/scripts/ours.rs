//! Runs a script on our client.

use crate::{
    client::ScriptClient,
    optimistic,
    recording::{RecordedRequest, Recording, connections_with_transitions},
    script::{Script, ScriptStep},
    server::ScriptServer,
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

/// The time limit of a wait.
const WAIT_LIMIT: Duration = Duration::from_secs(20);
/// The pause between two requests for the server's log.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Runs a script and returns its recording.
pub async fn run(server: &ScriptServer, script: &Script) -> Result<Recording> {
    let mut player = Player::start(server, &script.together).await?;
    for step in &script.steps {
        player.perform(step).await.with_context(|| format!("our client, at {step:?}"))?;
    }
    Ok(player.finish())
}

#[derive(Clone, Copy)]
enum ScriptSubscription {
    Query(QueryHandle),
    List(PaginatedHandle),
}

struct Player<'a> {
    server: &'a ScriptServer,
    together: &'a [String],
    client: ScriptClient,
    queries: BTreeMap<String, ScriptSubscription>,
    requests: BTreeMap<RequestId, String>,
    recording: Recording,
}

impl<'a> Player<'a> {
    async fn start(server: &'a ScriptServer, together: &'a [String]) -> Result<Self> {
        let mut player = Self {
            server,
            together,
            client: ScriptClient::new(&server.url())?,
            queries: BTreeMap::new(),
            requests: BTreeMap::new(),
            recording: Recording { authenticated: vec![false], ..Recording::default() },
        };
        player.end_turn().await?;
        Ok(player)
    }

    fn finish(self) -> Recording {
        Recording { connections: self.client.into_connections(), ..self.recording }
    }

    async fn perform(&mut self, step: &ScriptStep) -> Result<()> {
        match step {
            ScriptStep::InOneTurn(steps) => steps.iter().try_for_each(|step| self.command(step))?,
            ScriptStep::MutateElsewhere { function, args } => self.server.mutate(function, args).await?,
            ScriptStep::DropConnections => self.server.drop_connections().await?,
            ScriptStep::SetKnobs(knobs) => self.server.set_knobs(knobs).await?,
            ScriptStep::UntilResult { query, value } => {
                let wanted = json!({ "value": canonical(&EncodedValue::encode(value)?) });
                self.until(|player| player.last_result(query) == Some(&wanted)).await?;
            }
            ScriptStep::UntilError(query) => {
                self.until(|player| {
                    player.last_result(query).is_some_and(|result| result.get("error").is_some())
                })
                .await?;
            }
            ScriptStep::UntilSettled(request) => {
                self.until(|player| player.recording.requests.contains_key(request)).await?;
            }
            ScriptStep::UntilAuthenticated => {
                self.until(|player| player.recording.authenticated.last() == Some(&true)).await?;
            }
            ScriptStep::UntilDisconnected => self.until(|player| player.client.is_disconnected()).await?,
            ScriptStep::UntilTransitions(connections) => {
                self.until(|player| {
                    connections_with_transitions(player.client.connections()) >= *connections
                })
                .await?;
            }
            ScriptStep::UntilExecuted(function) => {
                let deadline = Instant::now() + WAIT_LIMIT;
                while !self.server.has_executed(function).await? {
                    ensure!(Instant::now() < deadline, "the server did not execute {function}");
                    tokio::time::sleep(POLL_INTERVAL).await;
                }
            }
            step => self.command(step)?,
        }
        self.end_turn().await
    }

    /// Performs a step that calls the client.
    fn command(&mut self, step: &ScriptStep) -> Result<()> {
        match step {
            ScriptStep::Subscribe { query, function, args } => {
                let (function, args) = call(function, args)?;
                let handle =
                    self.client.command(|core, _| core.subscribe(&function, &args, AuthPolicy::Settled));
                self.queries.insert(query.clone(), ScriptSubscription::Query(handle));
            }
            ScriptStep::Paginate { query, function, args, items } => {
                let (function, args) = call(function, args)?;
                let handle = self.client.command(|core, _| {
                    core.subscribe_paginated(&function, &args, AuthPolicy::Settled, *items)
                });
                self.queries.insert(query.clone(), ScriptSubscription::List(handle));
            }
            ScriptStep::LoadMore { query, items } => {
                let Some(ScriptSubscription::List(list)) = self.queries.get(query).copied() else {
                    bail!("`{query}` is not a paginated list")
                };
                self.client.command(|core, _| core.load_more(list, *items));
            }
            ScriptStep::Unsubscribe(query) => {
                let subscription =
                    self.queries.remove(query).context("there is no subscription of this name")?;
                self.client.command(|core, _| match subscription {
                    ScriptSubscription::Query(query) => core.unsubscribe(query),
                    ScriptSubscription::List(list) => core.unsubscribe_paginated(list),
                });
            }
            ScriptStep::Mutate { request, function, args, optimistic } => {
                let (function, args) = call(function, args)?;
                let update = optimistic::update(optimistic.clone());
                let options = RequestOptions::default();
                let id = self.client.command(|core, now| match optimistic.is_empty() {
                    true => core.mutate(now, function, args, options),
                    false => core.mutate_optimistically(now, function, args, options, update),
                });
                self.requests.insert(id, request.clone());
            }
            ScriptStep::Act { request, function, args } => {
                let (function, args) = call(function, args)?;
                let options = RequestOptions::default();
                let id = self.client.command(|core, now| core.act(now, function, args, options));
                self.requests.insert(id, request.clone());
            }
            ScriptStep::QueryOnce { request, function, args } => {
                let (function, args) = call(function, args)?;
                let options = RequestOptions::default();
                let id = self.client.command(|core, now| core.query_once(now, function, args, options));
                self.requests.insert(id, request.clone());
            }
            ScriptStep::SignIn(name) => {
                let tokens = self.server.tokens.get(name).context("there are no tokens of this name")?;
                self.client.set_tokens(tokens.clone());
                let session = Some(Session::signed_in(name.as_str()));
                self.client.command(|core, now| core.set_session(now, session));
            }
            ScriptStep::SignOut => self.client.command(SyncClient::sign_out),
            step => bail!("{step:?} does not call the client"),
        }
        self.record_results();
        Ok(())
    }

    async fn until(&mut self, condition: impl Fn(&Self) -> bool) -> Result<()> {
        let wait = async {
            while !condition(self) {
                self.client.next().await?;
                self.end_turn().await?;
            }
            Ok(())
        };
        match tokio::time::timeout(WAIT_LIMIT, wait).await {
            Ok(outcome) => outcome,
            Err(_) => bail!("timed out after {WAIT_LIMIT:?}; the recording so far: {:#?}", self.recording),
        }
    }

    /// Ends a turn of the event loop: sends all frames, and records results and outcomes.
    async fn end_turn(&mut self) -> Result<()> {
        let events = self.client.flush().await?;
        self.record_results();
        for event in events {
            if let Event::Response { request, outcome } = event {
                let name = self.requests.remove(&request).context("the outcome is of an unknown request")?;
                let results = self.queries.iter();
                let results =
                    results.map(|(query, subscription)| (query.clone(), self.result(*subscription)));
                let settled = RecordedRequest { outcome: outcome_of(outcome), results: results.collect() };
                self.recording.settled.push(name.clone());
                self.recording.requests.insert(name, settled);
            }
        }
        Ok(())
    }

    /// Records the present results and auth state, if they changed.
    fn record_results(&mut self) {
        for (query, &subscription) in &self.queries {
            let result = self.result(subscription);
            push_if_changed(self.recording.queries.entry(query.clone()).or_default(), result);
        }
        let together: Vec<_> =
            self.together.iter().filter_map(|query| self.last_result(query).cloned()).collect();
        if !together.is_empty() {
            push_if_changed(&mut self.recording.together, together);
        }
        match self.client.core().auth() {
            AuthState::Loading { .. } => {}
            AuthState::Authenticated { .. } => push_if_changed(&mut self.recording.authenticated, true),
            AuthState::Unauthenticated { .. } => push_if_changed(&mut self.recording.authenticated, false),
        }
    }

    fn last_result(&self, query: &str) -> Option<&Json> {
        self.recording.queries.get(query)?.last()
    }

    fn result(&self, subscription: ScriptSubscription) -> Json {
        let core = self.client.core();
        match subscription {
            ScriptSubscription::Query(query) => match core.result(query) {
                None => json!("loading"),
                Some(Ok(value)) => json!({ "value": canonical(value) }),
                Some(Err(error)) => failure(error),
            },
            ScriptSubscription::List(list) => {
                list_result(core.paginated(list).expect("the list is subscribed"))
            }
        }
    }
}

fn list_result(list: PaginationResult) -> Json {
    if let PaginationStatus::Error(error) = &list.status {
        return failure(error);
    }
    let pages = list.pages.iter().map(|page| page.decode::<Value>().expect("the server sends valid values"));
    let results: Vec<Value> = pages.flatten().collect();
    let results = EncodedValue::encode(&results).expect("a decoded value can be encoded");
    json!({ "value": { "results": canonical(&results), "status": format!("{:?}", list.status) } })
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

/// A value, decoded and encoded by our codec.
fn canonical(value: &EncodedValue) -> Json {
    let decoded: Value = value.decode().expect("the server sends valid values");
    let encoded = EncodedValue::encode(&decoded).expect("a decoded value can be encoded");
    serde_json::from_str(encoded.as_json()).expect("an encoded value is JSON")
}

fn push_if_changed<T: PartialEq>(history: &mut Vec<T>, now: T) {
    if history.last() != Some(&now) {
        history.push(now);
    }
}
