//! A small chat deployment, and shorthands for its client.
#![allow(dead_code, reason = "each test file uses a part of it")]

use convex_testkit_web::{
    FakeDeployment,
    testkit::{FunctionError, Functions, Value, object},
    until,
};
use convex_web::{
    ConvexClient, RequestFuture, Update,
    sync::{Arguments, AuthPolicy, AuthState, ConnectionState, FunctionPath, QueryHandle},
};
use serde::Serialize;
use std::{cell::RefCell, rc::Rc};

/// `messages:list`, `messages:count`, `messages:send`, `users:current` and the action `slow:echo`.
pub fn deployment() -> FakeDeployment {
    FakeDeployment::new(functions())
}

pub fn functions() -> Functions {
    Functions::new()
        .query("messages:list", |ctx, _| {
            let messages = ctx.db().query("messages").collect();
            Ok(Value::from(messages.into_iter().map(|message| message["body"].clone()).collect::<Vec<_>>()))
        })
        .query("messages:count", |ctx, _| Ok(Value::from(ctx.db().query("messages").collect().len() as f64)))
        .mutation("messages:send", |ctx, args| {
            let body = args.string("body")?;
            if body.is_empty() {
                return Err(FunctionError::convex("say something"));
            }
            ctx.log("sent");
            Ok(Value::from(ctx.db().insert("messages", object! { "body" => body })))
        })
        .query("users:current", |ctx, _| {
            Ok(ctx.identity().map_or(Value::Null, |identity| Value::from(identity.subject.as_str())))
        })
        .action("slow:echo", |_, args| Ok(Value::from(args.string("text")?)))
}

pub fn client(fake: &FakeDeployment) -> ConvexClient {
    ConvexClient::builder(FakeDeployment::URL).dial(fake.clone()).build()
}

/// A connected client.
pub async fn live_client(fake: &FakeDeployment) -> ConvexClient {
    let client = client(fake);
    until("the client is live", || client.connection() == ConnectionState::Live).await;
    client
}

pub fn path(path: &str) -> FunctionPath {
    FunctionPath::parse(path).expect("a test's function paths are valid")
}

pub fn args(args: impl Serialize) -> Arguments {
    Arguments::encode(&args).expect("a test's arguments can be encoded").expect("a test does not skip")
}

pub fn subscribe(client: &ConvexClient, function: &str) -> QueryHandle {
    client.subscribe(&path(function), &args(()), AuthPolicy::Settled)
}

pub fn send(client: &ConvexClient, body: &str) -> RequestFuture {
    client.mutate(path("messages:send"), args(serde_json::json!({ "body": body })), AuthPolicy::Settled)
}

/// The result of a query as JSON.
pub fn json(client: &ConvexClient, query: QueryHandle) -> Option<String> {
    Some(client.result(query)?.expect("the query does not throw").as_json().to_owned())
}

pub fn is_authenticated(client: &ConvexClient) -> bool {
    client.auth() == AuthState::Authenticated { refreshing: false }
}

/// Records the updates of a client until the listener is dropped.
pub fn updates(client: &ConvexClient) -> (Rc<RefCell<Vec<Update>>>, convex_web::Listener) {
    let updates = Rc::new(RefCell::new(Vec::new()));
    let listener = client.on_update({
        let updates = Rc::clone(&updates);
        move |update| updates.borrow_mut().push(update.clone())
    });
    (updates, listener)
}
