//! A row of the table: a figure of both sides and its goal.

use crate::stats::Summary;

/// A measured figure.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// The name, the same in every run.
    pub name: String,
    /// The size of the scenario, such as the number of queries.
    pub n: Option<u32>,
    pub unit: FigureUnit,
    pub ours: Summary,
    /// `None` if the other side does not have this figure.
    pub theirs: Option<Summary>,
    pub goal: Option<Goal>,
}

/// The goal of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// The highest ratio ours / theirs.
    Ratio(f64),
    /// The highest value of ours.
    Ours(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureUnit {
    Milliseconds,
    Seconds,
    Kilobytes,
    Megabytes,
    Bytes,
    Times,
    Count,
}

impl ResultRow {
    /// A row of our side only, without a goal.
    pub fn alone(name: String, unit: FigureUnit, ours: Summary) -> Self {
        Self { name, n: None, unit, ours, theirs: None, goal: None }
    }

    /// Ours / theirs.
    pub fn ratio(&self) -> Option<f64> {
        self.theirs.map(|theirs| self.ours.median / theirs.median).filter(|ratio| ratio.is_finite())
    }

    /// Whether the goal is met; `None` without a goal or a ratio to compare with it.
    pub fn is_met(&self) -> Option<bool> {
        match self.goal? {
            Goal::Ratio(limit) => Some(self.ratio()? <= limit),
            Goal::Ours(limit) => Some(self.ours.median <= limit),
        }
    }
}

impl Goal {
    pub fn number(self) -> f64 {
        let (Self::Ratio(number) | Self::Ours(number)) = self;
        number
    }
}

impl FigureUnit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Kilobytes => "kB",
            Self::Megabytes => "MB",
            Self::Bytes => "B",
            Self::Times => "×",
            Self::Count => "count",
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A row with 1 ms on our side and 4 ms on theirs.
    pub fn quarter(goal: Option<Goal>) -> ResultRow {
        ResultRow {
            name: "one of N changed".to_owned(),
            n: Some(1_000),
            unit: FigureUnit::Milliseconds,
            ours: Summary::exactly(1.0),
            theirs: Some(Summary::exactly(4.0)),
            goal,
        }
    }

    #[test]
    fn goal_is_met_up_to_its_limit() {
        assert_eq!(quarter(Some(Goal::Ratio(0.25))).is_met(), Some(true));
        assert_eq!(quarter(Some(Goal::Ratio(0.2))).is_met(), Some(false));
        assert_eq!(quarter(Some(Goal::Ours(1.0))).is_met(), Some(true));
        assert_eq!(quarter(Some(Goal::Ours(0.5))).is_met(), Some(false));
        assert_eq!(quarter(None).is_met(), None);
    }

    #[test]
    fn missing_or_zero_figure_has_no_ratio() {
        let alone = ResultRow { theirs: None, ..quarter(Some(Goal::Ratio(0.5))) };
        assert_eq!((alone.ratio(), alone.is_met()), (None, None));
        let zero = ResultRow { theirs: Some(Summary::exactly(0.0)), ..alone };
        assert_eq!(zero.ratio(), None);
    }
}
