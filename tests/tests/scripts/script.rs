//! The format of scripts: steps that a client performs or waits for, as JSON.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::{fs, path::PathBuf};

/// A script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// A sentence about the checked behaviour, for readers.
    #[expect(dead_code, reason = "documentation in the file")]
    description: String,
    /// The server's knobs, set before the client is created.
    #[serde(default = "no_knobs")]
    pub knobs: Json,
    /// The steps, in order.
    pub steps: Vec<ScriptStep>,
    /// Subscriptions that must change together; their results are also recorded together.
    #[serde(default)]
    pub together: Vec<String>,
    /// The intended differences of our client.
    #[serde(default)]
    pub differences: Vec<Difference>,
}

/// An action, or a condition to wait for if its name begins with `until`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum ScriptStep {
    /// Subscribes to a query. `query` is the name of the subscription.
    Subscribe {
        query: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Subscribes to a paginated list with `items` items on its first page. Its result is a `value`
    /// with the list's `results` and `status`.
    Paginate {
        query: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        items: u32,
    },
    /// Loads `items` more items of a list.
    LoadMore { query: String, items: u32 },
    /// Ends a subscription.
    Unsubscribe(String),
    /// Calls a mutation. `request` is the name of the call.
    Mutate {
        request: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        #[serde(default)]
        optimistic: Vec<StoreChange>,
    },
    /// Calls an action.
    Act {
        request: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Runs a query once.
    QueryOnce {
        request: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Signs in with the tokens of this name in `server.rs`.
    SignIn(String),
    /// Signs out.
    SignOut,
    /// Performs several steps in one turn of the event loop.
    InOneTurn(Vec<ScriptStep>),
    /// Runs a mutation as another client.
    MutateElsewhere {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Breaks the connection.
    DropConnections,
    /// Sets knobs of the server.
    SetKnobs(Json),
    /// Waits until a subscription shows a value.
    UntilResult { query: String, value: Json },
    /// Waits until a subscription shows an error.
    UntilError(String),
    /// Waits until a request has an outcome.
    UntilSettled(String),
    /// Waits until the server has confirmed the user.
    UntilAuthenticated,
    /// Waits until the client knows that its connection is broken.
    UntilDisconnected,
    /// Waits until this many connections have received a transition.
    UntilTransitions(usize),
    /// Waits until the server has executed a function.
    UntilExecuted(String),
}

/// A change that an optimistic update makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum StoreChange {
    /// Sets the value of a query.
    Set {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        value: Json,
    },
    /// Appends an item to the value of a loaded query.
    Append {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        item: Json,
    },
    /// Appends an item to the values of all loaded queries of a function.
    AppendToAll { function: String, item: Json },
    /// Makes a query loading.
    Clear {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Inserts an item at the top of all lists that have these arguments among others.
    InsertAtTop {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        item: Json,
    },
    /// Inserts an item at the bottom of the fully loaded lists.
    InsertAtBottom {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        item: Json,
    },
    /// Inserts an item at its position by the order of `text`.
    InsertByText {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        order: ItemOrder,
        item: Json,
    },
    /// Changes the `text` of items in the lists with these arguments.
    Rename {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        from: String,
        to: String,
    },
}

/// The order of a list's items.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemOrder {
    Ascending,
    Descending,
}

/// An intended difference between the clients.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The reason for the difference.
    pub reason: String,
    /// The place in the recordings, as a JSON pointer. A final index counts in the list without the
    /// differences before it.
    pub at: String,
    /// The official client's value there. In a list: its items from that index on.
    pub official: Json,
    /// Our client's value there, in the same form.
    pub ours: Json,
}

impl Script {
    /// Reads the script of this name.
    pub fn load(name: &str) -> Result<Self> {
        let path = file(name);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a valid script", path.display()))
    }
}

/// The path of the script of this name.
pub fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.json"))
}

/// The folder of the scripts.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

fn no_knobs() -> Json {
    json!({})
}

fn no_args() -> Json {
    json!({})
}
