//! A line of the table: something measured on both sides, and what is wanted of it.

use crate::stats::Summary;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is, the same in every run.
    pub name: String,
    /// How many there were of what it is about.
    pub n: Option<u32>,
    pub unit: Unit,
    pub ours: Summary,
    /// None where the other side has nothing of the kind.
    pub theirs: Option<Summary>,
    pub goal: Option<Goal>,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Ours is at most this part of theirs.
    Ratio(f64),
    /// Ours is at most this.
    Ours(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Seconds,
    Kilobytes,
    Megabytes,
    Bytes,
    Times,
    Count,
}

impl Row {
    /// What the other side has nothing of, and nothing is wanted of.
    pub fn alone(name: String, unit: Unit, ours: Summary) -> Self {
        Self { name, n: None, unit, ours, theirs: None, goal: None }
    }

    /// Ours / theirs.
    pub fn ratio(&self) -> Option<f64> {
        self.theirs.map(|theirs| self.ours.median / theirs.median).filter(|ratio| ratio.is_finite())
    }

    /// Whether the goal is met; `None` where there is none, or nothing to compare with.
    pub fn is_met(&self) -> Option<bool> {
        match self.goal? {
            Goal::Ratio(most) => Some(self.ratio()? <= most),
            Goal::Ours(most) => Some(self.ours.median <= most),
        }
    }
}

impl Goal {
    pub fn number(self) -> f64 {
        let (Self::Ratio(number) | Self::Ours(number)) = self;
        number
    }
}

impl Unit {
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

    /// A row that took 1 ms on our side and 4 ms on theirs.
    pub fn quarter(goal: Option<Goal>) -> Row {
        Row {
            name: "one of N changed".to_owned(),
            n: Some(1_000),
            unit: Unit::Milliseconds,
            ours: Summary::exactly(1.0),
            theirs: Some(Summary::exactly(4.0)),
            goal,
        }
    }

    #[test]
    fn a_goal_is_met_up_to_its_number() {
        assert_eq!(quarter(Some(Goal::Ratio(0.25))).is_met(), Some(true));
        assert_eq!(quarter(Some(Goal::Ratio(0.2))).is_met(), Some(false));
        assert_eq!(quarter(Some(Goal::Ours(1.0))).is_met(), Some(true));
        assert_eq!(quarter(Some(Goal::Ours(0.5))).is_met(), Some(false));
        assert_eq!(quarter(None).is_met(), None);
    }

    #[test]
    fn nothing_is_compared_with_nothing() {
        let alone = Row { theirs: None, ..quarter(Some(Goal::Ratio(0.5))) };
        assert_eq!((alone.ratio(), alone.is_met()), (None, None));
        let nothing = Row { theirs: Some(Summary::exactly(0.0)), ..alone };
        assert_eq!(nothing.ratio(), None);
    }
}
