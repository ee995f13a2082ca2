//! Which answer to believe where several questions are under way.

/// A question, by the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Question(u64);

/// The questions so far.
#[derive(Debug, Default)]
pub(super) struct LatestWins {
    last: Question,
    believed: Question,
}

impl LatestWins {
    pub(super) fn next(&mut self) -> Question {
        self.last = Question(self.last.0 + 1);
        self.last
    }

    /// Whether to believe the answer to this question, which has just come: unless a newer one has
    /// had its answer, for much may have happened between the two, such as a sign-in.
    pub(super) fn believe(&mut self, question: Question) -> bool {
        let is_newest = question >= self.believed;
        if is_newest {
            self.believed = question;
        }
        is_newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_answer_to_an_older_question_is_not_believed() {
        let mut questions = LatestWins::default();
        let (first, second, third) = (questions.next(), questions.next(), questions.next());
        assert!(questions.believe(second));
        assert!(!questions.believe(first));
        assert!(questions.believe(third));
    }
}
