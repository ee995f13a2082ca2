//! The two sides of a comparison.

use std::fmt;

/// A side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// convex-leptos; or our app rendered on a server.
    Ours,
    /// convex/react; or our app rendered in the browser only.
    Theirs,
}

/// The sides of a comparison of the clients.
pub const CLIENTS: Both<&str> = Both { ours: "ours", theirs: "theirs" };
/// The sides of a comparison of a server-rendered app with the same app rendered in the browser.
pub const RENDERINGS: Both<&str> = Both { ours: "server", theirs: "browser" };

/// A value for each side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Both<T> {
    pub ours: T,
    pub theirs: T,
}

impl<T> Both<T> {
    pub fn of(&self, side: Side) -> &T {
        match side {
            Side::Ours => &self.ours,
            Side::Theirs => &self.theirs,
        }
    }

    pub fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Ours => &mut self.ours,
            Side::Theirs => &mut self.theirs,
        }
    }

    pub fn map<U>(&self, mut convert: impl FnMut(&T) -> U) -> Both<U> {
        Both { ours: convert(&self.ours), theirs: convert(&self.theirs) }
    }
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Ours, Self::Theirs];

    /// The sides in the order of a round. The order alternates, so that neither side always runs on
    /// a machine that the other one has warmed up.
    pub fn order(round: usize) -> [Self; 2] {
        if round.is_multiple_of(2) { [Self::Ours, Self::Theirs] } else { [Self::Theirs, Self::Ours] }
    }

    /// The client's folder, in `bench` and in the address of its pages.
    pub fn folder(self) -> &'static str {
        CLIENTS.of(self)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.folder())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_alternates_between_rounds() {
        use Side::{Ours, Theirs};
        let order: Vec<_> = (0..3).flat_map(Side::order).collect();
        assert_eq!(order, [Ours, Theirs, Theirs, Ours, Ours, Theirs]);
    }
}
