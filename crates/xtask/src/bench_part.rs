//! The parts of the benchmark.

use clap::ValueEnum;

/// A part of the benchmark, as named on the command line of `cargo xtask bench`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchPart {
    /// One changed query among 10, 100, 1,000 and 10,000 subscribed
    Cells,
    /// A transition that changes all of 1,000 queries
    All,
    /// A result of 5,000 documents replaced
    Documents,
    /// A list of 5,000 documents, one of which changes
    Rows,
    /// A mutation with an optimistic update, alone and with 100 in flight
    Optimistic,
    /// A page load, signed in, to the first data behind a gate; the latency is 0, 50 and 200 ms, or
    /// the line is slow
    Load,
    /// A page load of a server-rendered app, against the same app rendered in the browser only
    Ssr,
    /// A connection lost with 1,000 subscriptions
    Reconnect,
    /// Bytes copied between JavaScript and WASM, and changes of the DOM
    Counted,
    /// Memory of a page with 1,000 subscriptions, and with a result of 1 MB; its peak
    Memory,
    /// Download size of a small app
    Size,
    /// Build times with cargo
    Build,
}
