//! Who is asking, from one change to the next, as the app brought it about.

use convex_sync::Session;

/// Who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// Nobody is signed in.
    Nobody,
    /// The provider has not said yet.
    Undecided,
    /// Somebody is.
    Person,
}

impl Asking {
    /// Who is asking while the client follows a provider with this session.
    pub(super) fn of(session: &Session) -> Self {
        match session {
            Session::Loading => Self::Undecided,
            Session::SignedOut => Self::Nobody,
            Session::SignedIn { .. } => Self::Person,
        }
    }
}

/// All there have been. What is asked in one epoch must not run, or be shown, as whoever asks in
/// another.
#[derive(Debug)]
pub(super) struct Epochs(Vec<Asking>);

impl Epochs {
    pub(super) fn new() -> Self {
        Self(vec![Asking::Nobody])
    }

    /// The number of the one there is.
    pub(super) fn now(&self) -> u64 {
        self.0.len() as u64 - 1
    }

    pub(super) fn asking(&self) -> Asking {
        self.0[self.0.len() - 1]
    }

    /// Who was asking in an epoch, in the end.
    pub(super) fn asking_in(&self, epoch: u64) -> Asking {
        self.0[epoch as usize]
    }

    /// The number of the next one is used up: it was meant for a user who did not come.
    pub(super) fn skip(&mut self) {
        self.0.push(self.asking());
    }

    /// Somebody else is asking. What was asked while it was undecided is theirs.
    pub(super) fn begin(&mut self, asking: Asking) {
        match self.0.last_mut() {
            Some(last @ Asking::Undecided) => *last = asking,
            Some(Asking::Nobody) if asking == Asking::Nobody => {}
            _ => self.0.push(asking),
        }
    }
}
