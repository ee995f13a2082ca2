//! What one open socket has been told and has told: it ends with the socket.

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
    /// The version of the query set after what was sent.
    query_set: u32,
    /// Every identity sent on this socket and not overtaken by a confirmed one, the newest last.
    identities: Vec<SentIdentity>,
    /// Where the server is, by its last transition.
    remote: StateVersion,
    /// The state the server has to reach for all that was asked first to be answered; `None` before
    /// anything was asked.
    initial_version: Option<StateVersion>,
    /// Whether a wake wants an answer, as the proof that the socket works.
    probe_due: bool,
    /// The query set version that has to be answered for that; 0 if any answer, or part of one,
    /// will do.
    probed: u32,
    caught_up: bool,
}

/// An `Authenticate` that was sent.
#[derive(Debug, Clone)]
pub(crate) struct SentIdentity {
    /// The identity version it led to.
    version: u32,
    /// The generation of [`Auth`](crate::auth::Auth) it was sent in.
    generation: u64,
    /// `None`: nobody.
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

    /// Whether no transition came yet.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.remote == StateVersion::default()
    }

    /// Whether its last transition, from `before`, answered something.
    pub(crate) fn has_answered(&self, before: &StateVersion) -> bool {
        self.remote.query_set > before.query_set || self.remote.identity > before.identity
    }

    /// Whether the server has answered all that it was sent, and there was something.
    pub(crate) fn has_answered_all(&self) -> bool {
        !self.is_unanswered() && !self.awaits_answer()
    }

    /// Whether the server owes an answer to an `Authenticate` or `ModifyQuerySet`.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.remote.query_set < self.query_set || self.awaits_identity()
    }

    /// Whether the server owes an answer to an `Authenticate`.
    pub(crate) fn awaits_identity(&self) -> bool {
        self.remote.identity < self.identity_version()
    }

    /// Whether its last transition, from `before`, proves that the socket works.
    pub(crate) fn is_proven(&self, before: &StateVersion) -> bool {
        self.has_answered(before) && self.remote.query_set >= self.probed
    }

    /// Whether a part of an answer proves that.
    pub(crate) fn is_proven_by_chunk(&self) -> bool {
        self.probed == 0
    }

    /// Whether all that was to be said after opening was said and answered.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    /// How far the results on this connection have come.
    pub(crate) fn result_progress(&self) -> ResultProgress {
        ResultProgress { ts: self.remote.ts, first_answers: self.has_first_answers() }
    }

    fn has_first_answers(&self) -> bool {
        self.initial_version.is_some_and(|asked| {
            self.remote.query_set >= asked.query_set && self.remote.identity >= asked.identity
        })
    }

    /// The token the server has been told last, in `generation`.
    fn sent_token(&self, generation: u64) -> Option<&Token> {
        self.identities.last().filter(|last| last.generation == generation)?.token.as_ref()
    }

    /// Whether the last identity the server was told is a user's.
    pub(crate) fn sent_user(&self) -> bool {
        self.identities.last().is_some_and(|last| last.token.is_some())
    }

    /// What to tell the server so that it holds who is wanted: the difference of two of the three
    /// truths.
    pub(crate) fn identity_due<'a>(
        &self,
        generation: u64,
        wanted: WantedIdentity<'a>,
    ) -> Option<Option<&'a Token>> {
        match wanted {
            WantedIdentity::User(token) if self.sent_token(generation) != Some(token) => Some(Some(token)),
            WantedIdentity::Anonymous if self.sent_user() => Some(None),
            // Somebody else is on the way: until then it is nobody. A replacement for the same
            // person's token is not.
            WantedIdentity::Pending if self.sent_user() && self.sent_token(generation).is_none() => {
                Some(None)
            }
            WantedIdentity::User(_) | WantedIdentity::Anonymous | WantedIdentity::Pending => None,
        }
    }

    /// The identity the server has confirmed, if it is the last one it was told.
    pub(crate) fn confirmed(&self, generation: u64) -> Option<&Token> {
        self.sent_token(generation).filter(|_| self.remote.identity >= self.identity_version())
    }

    /// The token the server speaks of in a rejection: the oldest it was told after `base`, or after
    /// what it has answered. Nobody, told in between, is never rejected.
    pub(crate) fn rejected(&self, base: Option<u32>) -> Option<&Token> {
        let base = base.unwrap_or(self.remote.identity);
        let mut later = self.identities.iter().filter(|identity| identity.version > base);
        later.find_map(|identity| identity.token.as_ref())
    }

    /// The token of the identity the server holds by its last transition; where that is nobody's,
    /// which cannot run out, the first it was told since.
    pub(crate) fn server_token(&self) -> Option<&Token> {
        self.tokens().next()
    }

    /// Every token the server may speak of.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.identities.iter().filter_map(|identity| identity.token.as_ref())
    }

    // ---- what is sent ----

    /// The socket has to prove that it works; if `outdated`, by the answer to the next
    /// `ModifyQuerySet`: others may be from before.
    pub(crate) fn probe(&mut self, outdated: bool) {
        self.probe_due = true;
        self.probed = if outdated { self.query_set + 1 } else { 0 };
    }

    /// Whether a `ModifyQuerySet` is to be sent as a probe, now.
    pub(crate) fn take_probe(&mut self) -> bool {
        std::mem::take(&mut self.probe_due) && (self.probed > 0 || !self.awaits_answer())
    }

    /// The base version of a `ModifyQuerySet`, which counts as sent.
    pub(crate) fn next_query_set(&mut self) -> u32 {
        self.query_set += 1;
        self.query_set - 1
    }

    /// The base version of an `Authenticate`, which counts as sent.
    pub(crate) fn next_identity(&mut self, generation: u64, token: Option<Token>) -> u32 {
        let base = self.identity_version();
        self.identities.push(SentIdentity { version: base + 1, generation, token });
        base
    }

    /// Everything that could be said has been: what is answered to that much makes the connection
    /// count as good.
    pub(crate) fn all_sent(&mut self) {
        let asked = StateVersion {
            query_set: self.query_set,
            identity: self.identity_version(),
            ..StateVersion::default()
        };
        self.initial_version.get_or_insert(asked);
    }

    // ---- what is received ----

    /// Takes a transition's versions; `Err` says why they cannot follow what came before.
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

    /// Notes that everything asked first is answered. `true` when that has just become so.
    pub(crate) fn catch_up(&mut self, requests_caught_up: bool) -> bool {
        let just_now = !self.caught_up && self.has_first_answers() && requests_caught_up;
        self.caught_up |= just_now;
        just_now
    }
}
