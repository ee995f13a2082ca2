//! The items that xtask shares with the benchmark's runner, which `cargo xtask bench` starts.

mod bench_part;
mod brotli_size;

pub use bench_part::BenchPart;
pub use brotli_size::brotli_size;
