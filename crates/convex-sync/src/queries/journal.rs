//! Journals that the server cannot decode.
//!
//! The server fails a query with such a journal without running it, and does not retry. So the
//! client drops the journal and adds the query again.

use super::{Queries, QueryResult, SubscribedQuery};
use crate::{FunctionError, QueryHandle, text::contains};

impl SubscribedQuery {
    /// Whether `outcome` may mean that the server cannot decode the journal.
    ///
    /// Some deployments redact the reason. A redacted failure counts if it is the first result
    /// since the query was added, and the last result was not a failure.
    pub(super) fn is_journal_refused(&self, outcome: &QueryResult) -> bool {
        let Err(error) = outcome else { return false };
        let may_be_redacted = || !self.answered && !matches!(self.result, Some(Err(_))) && is_redacted(error);
        matches!(self.journal, Some(Some(_))) && (is_undecodable(error) || may_be_redacted())
    }
}

impl Queries {
    /// Adds a query again without its journal, under a new wire id. Its last result is kept.
    pub(super) fn add_without_journal(&mut self, handle: QueryHandle) {
        self.withdraw(handle);
        let Some(query) = self.all.get_mut(handle) else { return };
        query.journal = Some(None);
        self.to_add[query.key.auth].insert(handle);
    }
}

/// The server's messages for a cursor or journal that it cannot decode (docs/protocol.md §5), or
/// that another deployment encoded.
const UNDECODABLE: [&str; 2] = ["Failed to parse cursor", "Key is invalid for instance"];

pub(crate) fn is_undecodable(error: &FunctionError) -> bool {
    error.data.is_none() && UNDECODABLE.iter().any(|text| contains(&error.message, text))
}

/// Whether a deployment redacted the reason of the failure (docs/protocol.md §12.2).
fn is_redacted(error: &FunctionError) -> bool {
    error.data.is_none()
        && error.message.starts_with("[Request ID: ")
        && error.message.ends_with("] Server Error")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EncodedValue;

    #[test]
    fn errors_with_data_or_details_come_from_the_function() {
        let error = |message: &str| FunctionError { message: message.into(), data: None };
        let with_data =
            |message: &str| FunctionError { data: EncodedValue::encode(&1).ok(), ..error(message) };
        let undecodable = "[Request ID: 0] Server Error\nFailed to parse cursor";
        assert!(is_undecodable(&error(undecodable)));
        assert!(!is_undecodable(&with_data(undecodable)));
        assert!(is_redacted(&error("[Request ID: 0] Server Error")));
        assert!(!is_redacted(&with_data("[Request ID: 0] Server Error")));
        assert!(!is_redacted(&error("[Request ID: 0] Server Error\nUncaught Error: Server Error")));
    }
}
