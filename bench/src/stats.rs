//! Statistics of samples.

/// The quartiles of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

impl Summary {
    /// The quartiles; `None` without samples.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            lower: quantile(&sorted, 0.25)?,
            median: quantile(&sorted, 0.5)?,
            upper: quantile(&sorted, 0.75)?,
        })
    }

    /// A value without spread, such as a count.
    pub fn exactly(value: f64) -> Self {
        Self { lower: value, median: value, upper: value }
    }
}

/// A quantile, interpolated linearly between the two nearest samples.
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
    fn quartiles_are_interpolated_between_samples() {
        let summary = Summary::of(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!(summary, Some(Summary { lower: 1.75, median: 2.5, upper: 3.25 }));
    }

    #[test]
    fn one_sample_is_every_quartile() {
        assert_eq!(Summary::of(&[7.0]), Some(Summary::exactly(7.0)));
    }

    #[test]
    fn no_samples_have_no_summary() {
        assert_eq!(Summary::of(&[]), None);
    }
}
