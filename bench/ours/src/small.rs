//! A small app, complete: a provider, gates, a query and a mutation.

fn main() {}
