//! What the commands have in common with the benchmark's runner, which one of them starts.

mod bench_part;
mod brotli_size;

pub use bench_part::BenchPart;
pub use brotli_size::brotli_size;
