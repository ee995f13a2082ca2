//! The functions of the deployment, with the types of their arguments and results.
//!
//! It is written by hand, in the shape that a generator will write: each name is a function, which
//! is passed to hooks, and a module with its types.

/// The tables, for [`Id`](convex_leptos::Id).
pub mod tables {
    #[derive(Debug)]
    pub enum Messages {}
}

/// The functions of `convex/messages.ts`.
pub mod messages {
    use super::tables;
    use convex_leptos::{Id, MutationRef, PaginatedQueryRef};
    use serde::{Deserialize, Serialize};

    /// A document of the table `messages`.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Doc {
        #[serde(rename = "_id")]
        pub id: Id<tables::Messages>,
        /// In milliseconds since 1970.
        #[serde(rename = "_creationTime")]
        pub creation_time: f64,
        pub author: String,
        pub body: String,
    }

    /// `messages:page`
    pub const fn page() -> PaginatedQueryRef<(), page::Item> {
        PaginatedQueryRef::new("messages:page")
    }

    pub mod page {
        pub type Item = super::Doc;
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
