//! The order of overlapping requests: the answer of the latest answered request counts.

/// The number of a request, in the order in which requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct RequestNumber(u64);

/// Decides which answers count while requests overlap.
#[derive(Debug, Default)]
pub(super) struct LatestWins {
    last_sent: RequestNumber,
    last_accepted: RequestNumber,
}

impl LatestWins {
    /// The number of a new request.
    pub(super) fn next(&mut self) -> RequestNumber {
        self.last_sent = RequestNumber(self.last_sent.0 + 1);
        self.last_sent
    }

    /// Whether the answer to this request counts. It does unless a later request was answered
    /// before: the state, such as the signed-in user, may have changed between the two.
    pub(super) fn accept(&mut self, request: RequestNumber) -> bool {
        let is_latest = request >= self.last_accepted;
        if is_latest {
            self.last_accepted = request;
        }
        is_latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_answer_to_an_older_request_is_ignored() {
        let mut requests = LatestWins::default();
        let (first, second, third) = (requests.next(), requests.next(), requests.next());
        assert!(requests.accept(second));
        assert!(!requests.accept(first));
        assert!(requests.accept(third));
    }
}
