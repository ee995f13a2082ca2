//! Measures the same work at several sizes and prints how its cost grows.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use criterion::{Bencher, BenchmarkId, Criterion};

/// Measures work at several sizes and prints a table of cost against size.
pub struct Growth {
    criterion: Criterion,
    measured: Vec<(&'static str, &'static [usize])>,
}

impl Growth {
    /// Reads criterion's command line, as in
    /// `cargo bench -p bench --bench transition -- one-changed`.
    pub fn new() -> Self {
        let criterion = Criterion::default()
            .output_directory(&results())
            .sample_size(20)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1))
            .configure_from_args();
        Self { criterion, measured: Vec::new() }
    }

    /// Measures the same work at each of these sizes, the smallest first.
    pub fn measure(
        &mut self,
        work: &'static str,
        sizes: &'static [usize],
        mut run: impl FnMut(&mut Bencher<'_>, usize),
    ) -> &mut Self {
        let mut group = self.criterion.benchmark_group(work);
        for &size in sizes {
            group.bench_with_input(BenchmarkId::from_parameter(size), &size, |bencher, &size| {
                run(bencher, size)
            });
        }
        group.finish();
        self.measured.push((work, sizes));
        self
    }

    /// Prints the table of medians.
    pub fn print(&mut self) {
        self.criterion.final_summary();
        if env::args().all(|argument| argument != "--bench") {
            return;
        }
        println!("\nCost against size: the median, and its ratio to the median of the smallest size.\n");
        for (work, sizes) in &self.measured {
            let medians: Vec<_> =
                sizes.iter().filter_map(|size| Some((*size, median(work, *size)?))).collect();
            let Some(&(_, smallest)) = medians.first() else { continue };
            let cells = medians
                .iter()
                .map(|(size, nanos)| format!("{size}: {:.1} µs (x{:.1})", nanos / 1_000.0, nanos / smallest));
            println!("{work:<32} {}", cells.collect::<Vec<_>>().join("   "));
        }
    }
}

fn results() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion")
}

/// The median of the last measurement, in nanoseconds.
fn median(work: &str, size: usize) -> Option<f64> {
    let estimates = results().join(work).join(size.to_string()).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&fs::read_to_string(estimates).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}
