//! The functions of the deployment, with the types of their arguments and results.
//!
//! It is written by hand, in the shape that a generator will write: each name is a function, which
//! is passed to hooks, and a module with its types.

/// The tables, for [`Id`](convex_leptos::Id).
pub mod tables {
    #[derive(Debug)]
    pub enum Messages {}

    #[derive(Debug)]
    pub enum Organizations {}
}

/// The functions of `convex/messages.ts`.
pub mod messages {
    use super::tables;
    use convex_leptos::{Id, MutationRef, QueryRef};
    use serde::{Deserialize, Serialize};

    /// A document of the table `messages`.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Doc {
        #[serde(rename = "_id")]
        pub id: Id<tables::Messages>,
        pub author: String,
        pub body: String,
    }

    /// `messages:list`
    pub const fn list() -> QueryRef<(), list::Returns> {
        QueryRef::new("messages:list")
    }

    pub mod list {
        pub type Returns = Vec<super::Doc>;
    }

    /// `messages:send`
    pub const fn send() -> MutationRef<send::Args, send::Returns> {
        MutationRef::new("messages:send")
    }

    pub mod send {
        use super::{Deserialize, Id, Serialize, tables};

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct Args {
            pub body: String,
        }

        pub type Returns = Id<tables::Messages>;
    }
}

/// The functions of `convex/organizations.ts`.
pub mod organizations {
    use super::tables;
    use convex_leptos::{Id, QueryRef};
    use serde::{Deserialize, Serialize};

    /// A document of the table `organizations`.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Doc {
        #[serde(rename = "_id")]
        pub id: Id<tables::Organizations>,
        pub name: String,
    }

    /// `organizations:list`
    pub const fn list() -> QueryRef<(), list::Returns> {
        QueryRef::new("organizations:list")
    }

    pub mod list {
        pub type Returns = Vec<super::Doc>;
    }

    /// `organizations:get`
    pub const fn get() -> QueryRef<get::Args, get::Returns> {
        QueryRef::new("organizations:get")
    }

    pub mod get {
        use super::{Deserialize, Doc, Serialize};

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct Args {
            /// Any text, for example from the address of the page.
            pub id: String,
        }

        /// `None` if the caller is no member, or the organization does not exist.
        pub type Returns = Option<Doc>;
    }
}
