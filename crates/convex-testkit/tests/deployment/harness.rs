//! A deployment with the functions of a small chat, and clients that send raw JSON.

use std::time::Duration;

use convex_testkit::{
    Args, ClientVersion, ConnectionId, Deployment, FunctionError, FunctionKind, FunctionResult, Functions,
    Order, Output, PageLimits, QueryCtx, TestIssuer, Time, UnixMillis, Value, object,
};
use serde_json::{Value as Json, json};

pub const STARTED_AT: UnixMillis = UnixMillis(1_700_000_000_000);
pub const SESSION: &str = "8f9f4f6e-3c0c-4a3b-9f07-0a8a3d1f2b4c";

pub struct Harness {
    pub deployment: Deployment,
    pub now: Time,
    outputs: Vec<Output>,
}

pub fn issuer() -> TestIssuer {
    TestIssuer::new("https://issuer.example", "convex")
}

/// A token of `subject` that expires `life` after the start of the deployment.
pub fn token(subject: &str, life: Duration) -> String {
    issuer().token(subject, STARTED_AT, STARTED_AT.after(life))
}

pub const HOUR: Duration = Duration::from_secs(3600);

pub fn functions() -> Functions {
    Functions::new()
        .query("messages:list", |ctx, args| {
            let channel = args.string("channel")?;
            let messages =
                ctx.db().query("messages").eq("channel", channel).order(Order::Descending).collect();
            Ok(Value::from(messages.iter().map(|message| message["body"].clone()).collect::<Vec<_>>()))
        })
        .query("messages:get", |ctx, args| Ok(Value::from(ctx.db().get(args.string("id")?))))
        .query("messages:all", |ctx, _| Ok(Value::from(ctx.db().query("messages").collect().len() as f64)))
        .query("messages:few", |ctx, _| Ok(Value::from(ctx.db().query("messages").take(2).len() as f64)))
        .query("messages:page", |ctx, args| page(ctx, args, Order::Descending, PageLimits::default()))
        .query("messages:smallPages", |ctx, args| {
            page(ctx, args, Order::Descending, PageLimits { recommended: 4, required: 6 })
        })
        .query("messages:oldestFirst", |ctx, args| page(ctx, args, Order::Ascending, PageLimits::default()))
        .query("users:me", |ctx, _| Ok(Value::from(ctx.identity().map(|identity| identity.subject.clone()))))
        .query("users:logged", |ctx, _| {
            let caller = ctx.identity().map_or("anonymous", |identity| &identity.subject);
            ctx.log(caller);
            Ok(Value::Null)
        })
        .query("numbers:one", |_, _| Ok(Value::Float64(1.0)))
        .query("failing:plain", |_, _| Err(FunctionError::thrown("Unauthorized: No identity found")))
        .query("failing:data", |_, args| {
            Err(FunctionError::ConvexError {
                message: "failed".to_owned(),
                data: args.required("data")?.clone(),
            })
        })
        .query("pages:next", |ctx, _| {
            let page = ctx.journal().map_or(1, |journal| journal.parse::<u32>().unwrap_or_default() + 1);
            ctx.db().query("messages").first();
            ctx.set_journal(page.to_string());
            Ok(Value::from(f64::from(page)))
        })
        .mutation("messages:send", |ctx, args| {
            let (channel, body) = (args.string("channel")?, args.string("body")?);
            ctx.log(body);
            Ok(Value::from(ctx.db().insert("messages", object! { "channel" => channel, "body" => body })))
        })
        .mutation("messages:edit", |ctx, args| {
            ctx.db().patch(args.string("id")?, object! { "body" => args.string("body")? })?;
            Ok(Value::Null)
        })
        .mutation("messages:replace", |ctx, args| {
            let (channel, body) = (args.string("channel")?, args.string("body")?);
            ctx.db().replace(args.string("id")?, object! { "channel" => channel, "body" => body })?;
            Ok(Value::Null)
        })
        .mutation("messages:remove", |ctx, args| {
            ctx.db().delete(args.string("id")?)?;
            Ok(Value::Null)
        })
        .mutation("messages:failing", |ctx, _| {
            ctx.db().insert("messages", object! { "channel" => "general", "body" => "never seen" });
            let seen = ctx.db().query("messages").eq("body", "never seen").collect().len();
            Err(FunctionError::thrown(format!("after {seen} write")))
        })
        .mutation("users:caller", |ctx, _| {
            Ok(Value::from(ctx.identity().map(|identity| identity.subject.clone())))
        })
        .mutation("sizes:insert", |ctx, args| {
            ctx.db().insert("messages", object! { "channel" => "general", "body" => "never seen" });
            Ok(Value::from("x".repeat((args.number("mib")? * 1048576.0) as usize)))
        })
        .mutation("nothing:written", |_, _| Ok(Value::Null))
        .action("messages:sendTwice", |ctx, args| {
            ctx.delay(Duration::from_secs(args.number("seconds")? as u64));
            for body in ["one", "two"] {
                ctx.run_mutation("messages:send", object! { "channel" => "general", "body" => body })?;
            }
            ctx.log("sent");
            ctx.run_query("messages:all", object! {})
        })
        .action("nothing:slowly", |ctx, _| {
            ctx.delay(HOUR);
            Ok(Value::Null)
        })
        .action("failing:nested", |ctx, _| ctx.run_query("failing:plain", object! {}))
}

/// A page of the messages of a channel.
fn page(ctx: &mut QueryCtx<'_>, args: &Args, order: Order, limits: PageLimits) -> FunctionResult {
    let channel = args.string("channel")?;
    let mut db = ctx.db();
    let messages = db.query("messages").eq("channel", channel).order(order).page_limits(limits);
    messages.paginate(&args.pagination()?).map(Value::from)
}

impl Harness {
    pub fn new() -> Self {
        Self {
            deployment: Deployment::new(functions(), issuer(), STARTED_AT),
            now: Time::ZERO,
            outputs: Vec::new(),
        }
    }

    pub fn open(&mut self) -> ConnectionId {
        self.open_as("/api/1.28.0/sync")
    }

    pub fn open_as(&mut self, path: &str) -> ConnectionId {
        self.deployment.open(self.now, ClientVersion::from_request(path, None).unwrap())
    }

    /// Opens a connection and sends `Connect`.
    pub fn connect(&mut self) -> ConnectionId {
        let connection = self.open();
        self.send(connection, connect_frame());
        connection
    }

    pub fn send(&mut self, connection: ConnectionId, frame: Json) {
        self.deployment.receive(self.now, connection, &frame.to_string());
    }

    /// The frames that the server has sent on this connection since the last call, as JSON.
    pub fn frames(&mut self, connection: ConnectionId) -> Vec<Json> {
        self.poll();
        let mut frames = Vec::new();
        self.outputs.retain(|output| match output {
            Output::Send { connection: to, text } if *to == connection => {
                frames.push(serde_json::from_str(text).unwrap());
                false
            }
            _ => true,
        });
        frames
    }

    /// Like [`Harness::frames`], for exactly one frame.
    pub fn frame(&mut self, connection: ConnectionId) -> Json {
        let mut frames = self.frames(connection);
        assert_eq!(frames.len(), 1, "{frames:#?}");
        frames.remove(0)
    }

    /// How the server has closed a connection, after all frames.
    pub fn end(&mut self, connection: ConnectionId) -> Option<(Option<u16>, String)> {
        self.poll();
        let last = self.outputs.iter().rposition(|output| is_for(output, connection))?;
        match self.outputs.remove(last) {
            Output::Close { code, reason, .. } => Some((code, reason)),
            _ => None,
        }
    }

    pub fn poll(&mut self) {
        while let Some(output) = self.deployment.poll_output() {
            self.outputs.push(output);
        }
    }

    pub fn outputs(&mut self) -> Vec<Output> {
        self.poll();
        std::mem::take(&mut self.outputs)
    }

    pub fn pass(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.deployment.handle_timeout(self.now);
    }

    /// Runs a mutation of another client.
    pub fn mutate(&mut self, path: &str, args: Json) -> Value {
        let Value::Object(args) = Value::try_from(args).unwrap() else { panic!("arguments are an object") };
        self.deployment.call(self.now, FunctionKind::Mutation, path, args, None).result.unwrap()
    }

    /// How often the function at `path` has run.
    pub fn runs(&self, path: &str) -> usize {
        self.deployment.executions().iter().filter(|execution| execution.path == path).count()
    }

    /// The user of each run of the function at `path`; `None` is anonymous.
    pub fn callers(&self, path: &str) -> Vec<Option<String>> {
        let runs = self.deployment.executions().iter().filter(|execution| execution.path == path);
        runs.map(|run| run.identity.as_ref().map(|identity| identity.subject.clone())).collect()
    }
}

fn is_for(output: &Output, to: ConnectionId) -> bool {
    match output {
        Output::Send { connection, .. } | Output::Close { connection, .. } | Output::Drop { connection } => {
            *connection == to
        }
    }
}

pub fn connect_frame() -> Json {
    json!({ "type": "Connect", "sessionId": SESSION, "connectionCount": 0, "lastCloseReason": "InitialConnect", "clientTs": STARTED_AT.0 + 5 })
}

pub fn modify(base: u32, modifications: Vec<Json>) -> Json {
    json!({ "type": "ModifyQuerySet", "baseVersion": base, "newVersion": base + 1, "modifications": modifications })
}

pub fn add(id: u32, path: &str, args: Json) -> Json {
    json!({ "type": "Add", "queryId": id, "udfPath": path, "args": [args] })
}

pub fn remove(id: u32) -> Json {
    json!({ "type": "Remove", "queryId": id })
}

pub fn authenticate(base: u32, token: &str) -> Json {
    json!({ "type": "Authenticate", "baseVersion": base, "tokenType": "User", "value": token })
}

pub fn sign_out(base: u32) -> Json {
    json!({ "type": "Authenticate", "baseVersion": base, "tokenType": "None" })
}

pub fn mutation(request: u32, path: &str, args: Json) -> Json {
    json!({ "type": "Mutation", "requestId": request, "udfPath": path, "args": [args] })
}

pub fn action(request: u32, path: &str, args: Json) -> Json {
    json!({ "type": "Action", "requestId": request, "udfPath": path, "args": [args] })
}

/// The value that a transition has for a query.
pub fn value_of(transition: &Json, id: u32) -> Option<&Json> {
    modification_of(transition, id)?.get("value")
}

pub fn modification_of(transition: &Json, id: u32) -> Option<&Json> {
    let modifications = transition["modifications"].as_array()?;
    modifications.iter().find(|modification| modification["queryId"] == id)
}
