//! Where a query stands.

/// Where a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryStatus {
    /// Its arguments say that it is not to run.
    Skipped,
    /// It has no result yet for the arguments it has now.
    Loading,
    /// Its result is a value.
    Ready,
    /// Its result is an error, or it could not be asked.
    Error,
}
