//! Measures both clients in one browser. `cargo xtask bench` builds the pages and runs this.

fn main() {}
