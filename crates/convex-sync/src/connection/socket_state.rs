//! The protocol state of one open socket: the versions and identities that were sent, and those
//! that the server has answered. It ends with the socket.
//!
//! # The identity that is due
//!
//! Three identities are kept apart: the identity that the client *wants* (it follows from the auth
//! state), the identities *sent* on this socket, and the identity that the server *confirmed*.
//! [`SocketState::identity_due`] compares the wanted identity with the last one sent, and returns
//! the `Authenticate` that is missing. The frame is built from the state at the moment of sending,
//! not queued: if auth changes several times between two sends, only the last identity is sent, and
//! each call that sends removes the difference, so the next call returns `None`.
//!
//! `identities` holds every `Authenticate` from the confirmed one on, with its version. A
//! transition drops the older ones. So the list is as long as the number of unanswered
//! `Authenticate`s plus one, and a rejection, which names only a base version, can be matched to
//! its token. A generation beside each token distinguishes two sessions that use an equal token.

use crate::{
    Token,
    auth::WantedIdentity,
    requests::ResultProgress,
    wire::{ChunkBuffer, StateVersion, Transition},
};

/// The protocol's state on one open socket.
#[derive(Debug, Default)]
pub(crate) struct SocketState {
    pub(crate) connected: bool,
    pub(crate) chunks: ChunkBuffer,
    /// The version of the query set that the frames sent so far lead to.
    query_set: u32,
    /// Every identity that was sent and is not older than the confirmed one, the newest last.
    identities: Vec<SentIdentity>,
    /// The server's version, as of its last transition.
    remote: StateVersion,
    /// The version that answers everything sent after the socket opened. `None` until that is sent.
    initial_version: Option<StateVersion>,
    /// Whether a probe must be sent, since a wake needs a proof that the socket works.
    probe_due: bool,
    /// The query set version that must be answered as a proof. 0: any answer, or part of one, is a
    /// proof.
    probed: u32,
    caught_up: bool,
}

/// An `Authenticate` that was sent.
#[derive(Debug, Clone)]
pub(crate) struct SentIdentity {
    /// The identity version that it leads to.
    version: u32,
    /// The generation of [`Auth`](crate::auth::Auth) that it was sent in.
    generation: u64,
    /// `None`: anonymous.
    token: Option<Token>,
}

impl SocketState {
    // ---- getters ----

    /// Whether no `ModifyQuerySet` was sent yet.
    pub(crate) fn has_no_query_set(&self) -> bool {
        self.query_set == 0
    }

    pub(crate) fn identity_version(&self) -> u32 {
        self.identities.last().map_or(0, |identity| identity.version)
    }

    /// Whether no transition has been received yet.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.remote == StateVersion::default()
    }

    /// Whether the last transition, which started at `before`, answered a frame.
    pub(crate) fn has_answered(&self, before: &StateVersion) -> bool {
        self.remote.query_set > before.query_set || self.remote.identity > before.identity
    }

    /// Whether the server has answered every `Authenticate` and `ModifyQuerySet`, and at least one
    /// was sent.
    pub(crate) fn has_answered_all(&self) -> bool {
        !self.is_unanswered() && !self.awaits_answer()
    }

    /// Whether an `Authenticate` or `ModifyQuerySet` is unanswered.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.remote.query_set < self.query_set || self.awaits_identity()
    }

    /// Whether an `Authenticate` is unanswered.
    pub(crate) fn awaits_identity(&self) -> bool {
        self.remote.identity < self.identity_version()
    }

    /// Whether the last transition, which started at `before`, proves that the socket works.
    pub(crate) fn is_proven(&self, before: &StateVersion) -> bool {
        self.has_answered(before) && self.remote.query_set >= self.probed
    }

    /// Whether a part of an answer (a transition chunk) proves that the socket works.
    pub(crate) fn is_proven_by_chunk(&self) -> bool {
        self.probed == 0
    }

    /// Whether everything sent after the socket opened has been answered.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    /// How far the server has answered on this connection.
    pub(crate) fn result_progress(&self) -> ResultProgress {
        ResultProgress { ts: self.remote.ts, first_answers: self.has_first_answers() }
    }

    fn has_first_answers(&self) -> bool {
        self.initial_version.is_some_and(|initial| {
            self.remote.query_set >= initial.query_set && self.remote.identity >= initial.identity
        })
    }

    /// The token of the last `Authenticate`, if it was sent in `generation`.
    fn sent_token(&self, generation: u64) -> Option<&Token> {
        self.identities.last().filter(|last| last.generation == generation)?.token.as_ref()
    }

    /// Whether the last identity sent is a user's.
    pub(crate) fn sent_user(&self) -> bool {
        self.identities.last().is_some_and(|last| last.token.is_some())
    }

    /// The `Authenticate` that must be sent for the wanted identity: `Some(None)` is anonymous,
    /// `None` means that nothing is due. See the [module's docs](self).
    pub(crate) fn identity_due<'a>(
        &self,
        generation: u64,
        wanted: WantedIdentity<'a>,
    ) -> Option<Option<&'a Token>> {
        match wanted {
            WantedIdentity::User(token) if self.sent_token(generation) != Some(token) => Some(Some(token)),
            WantedIdentity::Anonymous if self.sent_user() => Some(None),
            // The identity has changed, and the new user's token is not at hand yet: anonymous
            // until then. A replacement for the same user's token does not make the connection
            // anonymous.
            WantedIdentity::Pending if self.sent_user() && self.sent_token(generation).is_none() => {
                Some(None)
            }
            WantedIdentity::User(_) | WantedIdentity::Anonymous | WantedIdentity::Pending => None,
        }
    }

    /// The token that the server has confirmed, if it is the last one that was sent.
    pub(crate) fn confirmed(&self, generation: u64) -> Option<&Token> {
        self.sent_token(generation).filter(|_| self.remote.identity >= self.identity_version())
    }

    /// The token that a rejection is about: the oldest one that was sent after version `base`, or
    /// after the confirmed version. An anonymous identity is never rejected.
    pub(crate) fn rejected(&self, base: Option<u32>) -> Option<&Token> {
        let base = base.unwrap_or(self.remote.identity);
        let mut later = self.identities.iter().filter(|identity| identity.version > base);
        later.find_map(|identity| identity.token.as_ref())
    }

    /// The token of the identity that the server has by its last transition. If that is anonymous,
    /// which cannot expire, the first token sent since.
    pub(crate) fn server_token(&self) -> Option<&Token> {
        self.tokens().next()
    }

    /// Every token that a message of the server may be about.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.identities.iter().filter_map(|identity| identity.token.as_ref())
    }

    // ---- what is sent ----

    /// A probe is due. If `outdated`, only the answer to the next `ModifyQuerySet` proves that the
    /// socket works, since other answers may be older than the wake.
    pub(crate) fn probe(&mut self, outdated: bool) {
        self.probe_due = true;
        self.probed = if outdated { self.query_set + 1 } else { 0 };
    }

    /// Whether a `ModifyQuerySet` must be sent as a probe now.
    pub(crate) fn take_probe(&mut self) -> bool {
        std::mem::take(&mut self.probe_due) && (self.probed > 0 || !self.awaits_answer())
    }

    /// Counts a `ModifyQuerySet` as sent, and returns its base version.
    pub(crate) fn next_query_set(&mut self) -> u32 {
        self.query_set += 1;
        self.query_set - 1
    }

    /// Counts an `Authenticate` as sent, and returns its base version.
    pub(crate) fn next_identity(&mut self, generation: u64, token: Option<Token>) -> u32 {
        let base = self.identity_version();
        self.identities.push(SentIdentity { version: base + 1, generation, token });
        base
    }

    /// Everything that may be sent has been sent. The first call fixes the version at which the
    /// connection counts as caught up.
    pub(crate) fn all_sent(&mut self) {
        let sent = StateVersion {
            query_set: self.query_set,
            identity: self.identity_version(),
            ..StateVersion::default()
        };
        self.initial_version.get_or_insert(sent);
    }

    // ---- what is received ----

    /// Advances to a transition's end version. Errors: the versions do not follow the current one.
    pub(crate) fn advance(&mut self, transition: &Transition) -> Result<(), &'static str> {
        let (start, end) = (transition.start, transition.end);
        if start != self.remote {
            return Err("StartVersionMismatch");
        }
        let sent = end.query_set <= self.query_set && end.identity <= self.identity_version();
        let forward =
            end.query_set >= start.query_set && end.identity >= start.identity && end.ts >= start.ts;
        if !sent || !forward {
            return Err("EndVersionMismatch");
        }
        self.remote = end;
        self.identities.retain(|identity| identity.version >= end.identity);
        Ok(())
    }

    /// Whether the connection has just caught up: everything sent after the socket opened is
    /// answered.
    pub(crate) fn catch_up(&mut self, requests_caught_up: bool) -> bool {
        let newly_caught_up = !self.caught_up && self.has_first_answers() && requests_caught_up;
        self.caught_up |= newly_caught_up;
        newly_caught_up
    }
}
