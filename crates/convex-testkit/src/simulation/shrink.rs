//! Makes a failing schedule as short as it gets.

use super::{Failure, Schedule, run};

/// The failure of the shortest schedule found that breaks the same rule: no step of it can be left
/// out.
pub fn shrink(failing: &Schedule, failure: Box<Failure>) -> Box<Failure> {
    let (mut shortest, mut failure) = (failing.clone(), failure);
    let mut chunk = shortest.steps.len().div_ceil(2);
    while chunk > 0 {
        let mut start = 0;
        let before = shortest.steps.len();
        while start < shortest.steps.len() {
            let shorter = without(&shortest, start, chunk);
            match run(&shorter) {
                Err(same) if same.violation.rule == failure.violation.rule => {
                    (shortest, failure) = (shorter, same);
                }
                _ => start += chunk,
            }
        }
        // Once more with single steps while that helps: one may have needed another that is gone.
        if chunk > 1 || shortest.steps.len() == before {
            chunk /= 2;
        }
    }
    failure
}

/// Time passes all the same: what comes after a step that is left out comes when it did.
fn without(schedule: &Schedule, start: usize, count: usize) -> Schedule {
    let mut shorter = schedule.clone();
    let end = (start + count).min(shorter.steps.len());
    let gone = shorter.steps.drain(start..end).map(|step| step.after).sum();
    if let Some(next) = shorter.steps.get_mut(start) {
        next.after += gone;
    }
    shorter
}
