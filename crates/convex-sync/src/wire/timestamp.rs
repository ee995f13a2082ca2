//! The server's logical time.

/// A moment of the database (protocol §2): nanoseconds, sent as base64 of eight little-endian bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Timestamp(pub(crate) u64);
