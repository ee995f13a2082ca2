//! Shortens failing schedules.

use super::{Failure, Schedule, run};

/// Returns the failure of the shortest schedule found that breaks the same rule. None of its
/// operations can be removed.
///
/// Removes chunks of operations, from half of the schedule down to single ones, as long as the rule
/// is still broken. Every pass either shortens the schedule or halves the chunk, so it ends; it
/// costs about n log n runs, and n more for each operation removed in a pass of single ones.
pub fn shrink(failing: &Schedule, failure: Box<Failure>) -> Box<Failure> {
    let (mut shortest, mut failure) = (failing.clone(), failure);
    let mut chunk = shortest.operations.len().div_ceil(2);
    while chunk > 0 {
        let mut start = 0;
        let before = shortest.operations.len();
        while start < shortest.operations.len() {
            let shorter = without(&shortest, start, chunk);
            match run(&shorter) {
                Err(same) if same.violation.rule == failure.violation.rule => {
                    (shortest, failure) = (shorter, same);
                }
                _ => start += chunk,
            }
        }
        // Single operations are tried again while that helps: one may have needed another that is
        // removed now.
        if chunk > 1 || shortest.operations.len() == before {
            chunk /= 2;
        }
    }
    failure
}

/// The schedule without some operations. The later ones are applied at the same times as before.
fn without(schedule: &Schedule, start: usize, count: usize) -> Schedule {
    let mut shorter = schedule.clone();
    let end = (start + count).min(shorter.operations.len());
    let removed = shorter.operations.drain(start..end).map(|operation| operation.after).sum();
    if let Some(next) = shorter.operations.get_mut(start) {
        next.after += removed;
    }
    shorter
}
