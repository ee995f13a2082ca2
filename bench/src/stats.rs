//! What is said of many samples: the middle, and how far they spread.

/// The quartiles of some samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

impl Summary {
    /// `None` where there are no samples.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            lower: quantile(&sorted, 0.25)?,
            median: quantile(&sorted, 0.5)?,
            upper: quantile(&sorted, 0.75)?,
        })
    }

    /// What was counted, and does not spread.
    pub fn exactly(value: f64) -> Self {
        Self { lower: value, median: value, upper: value }
    }
}

/// Between the two samples next to it, by how near it is to each.
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = part * last as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    Some(below + (above - below) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_samples() {
        let summary = Summary::of(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!(summary, Some(Summary { lower: 1.75, median: 2.5, upper: 3.25 }));
    }

    #[test]
    fn one_sample_is_all_there_is() {
        assert_eq!(Summary::of(&[7.0]), Some(Summary::exactly(7.0)));
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(Summary::of(&[]), None);
    }
}
