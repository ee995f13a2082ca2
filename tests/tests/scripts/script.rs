//! What a script is: things to do with a client and to wait for, as data.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::{fs, path::PathBuf};

/// A script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What is looked at, for people.
    #[expect(dead_code, reason = "it is there to be read in the file")]
    tells: String,
    /// How the server's knobs stand before the client is made.
    #[serde(default = "untouched")]
    pub knobs: Json,
    /// What is done, one after another.
    pub steps: Vec<Step>,
    /// Subscriptions whose results are looked at together, for none may run ahead of the others.
    #[serde(default)]
    pub together: Vec<String>,
    /// In what our client differs on purpose.
    #[serde(default)]
    pub differs: Vec<Difference>,
}

/// Something to do, or, where it begins with `until`, to wait for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// Subscribes to a query and calls that subscription `query`.
    Subscribe {
        query: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Subscribes to a list that is loaded page by page, `items` at first. What it shows is a
    /// `value`, too: its `results` and its `status`.
    Paginate {
        query: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        items: u32,
    },
    /// Loads so many more items of a list.
    LoadMore { query: String, items: u32 },
    /// Takes a subscription back.
    Unsubscribe(String),
    /// Calls a mutation and calls that call `request`.
    Mutate {
        request: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        #[serde(default)]
        optimistic: Vec<Change>,
    },
    /// Calls an action.
    Act {
        request: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Asks a query once.
    Ask {
        request: String,
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Lets somebody be signed in from now on.
    SignIn(String),
    /// Signs out.
    SignOut,
    /// Does several things in one turn of the event loop.
    AtOnce(Vec<Step>),
    /// Runs a mutation as another client.
    Elsewhere {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Breaks the connection.
    Drop,
    /// Turns knobs of the server.
    Turn(Json),
    /// Until a subscription shows a value.
    UntilShown { query: String, value: Json },
    /// Until a subscription shows an error.
    UntilFailed(String),
    /// Until a request has an outcome.
    UntilSettled(String),
    /// Until the server has confirmed who is signed in.
    UntilAuthenticated,
    /// Until the client knows that its connection is broken.
    UntilDisconnected,
    /// Until so many connections have brought a transition.
    UntilAnswered(usize),
    /// Until the server ran a function.
    UntilRan(String),
}

/// What an optimistic update does.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Change {
    /// Lets a query show a value.
    Set {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        value: Json,
    },
    /// Lets a query that is loaded show one item more.
    Append {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        item: Json,
    },
    /// Lets all loaded queries of a function show one item more.
    AppendToAll { function: String, item: Json },
    /// Lets a query show that it loads.
    Clear {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
    },
    /// Puts an item first in the lists with these arguments and maybe others.
    InsertAtTop {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        item: Json,
    },
    /// Puts an item last in those of which all is loaded.
    InsertAtBottom {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        item: Json,
    },
    /// Puts an item where it belongs by its `text`.
    InsertByText {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        order: Order,
        item: Json,
    },
    /// Lets the items of the lists with these arguments say something else.
    Rename {
        function: String,
        #[serde(default = "no_args")]
        args: Json,
        from: String,
        to: String,
    },
}

/// What comes first in a list.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    Ascending,
    Descending,
}

/// Something our client does otherwise, on purpose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Why.
    pub because: String,
    /// Where in the recordings, as a JSON pointer. An index that ends it stands in what both have
    /// in common up to there.
    pub at: String,
    /// What the official client has there: where that is in a list, these items in a row.
    pub official: Json,
    /// What ours has there.
    pub ours: Json,
}

impl Script {
    /// The script of this name.
    pub fn load(name: &str) -> Result<Self> {
        let path = file(name);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no script", path.display()))
    }
}

/// Where the script of this name is.
pub fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.json"))
}

/// Where the scripts are.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

fn untouched() -> Json {
    json!({})
}

fn no_args() -> Json {
    json!({})
}
