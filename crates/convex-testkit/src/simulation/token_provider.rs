//! The identity provider of a simulated world. It can answer in every way that a provider can.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use convex_sync::{FetchId, Time, Token, TokenError, UnixMillis};
use serde_json::json;

use super::schedule::{Login, ProviderBehavior};
use crate::{
    identity::{Identity, TestIssuer, Verifier},
    pair::{FetchReply, FetchRequest, START},
    rejection::Rejection,
};

/// The deployment's verifier. Its rejections quote the token, as those of some servers do.
pub(super) struct QuotingVerifier(pub(super) TestIssuer);

impl Verifier for QuotingVerifier {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, Rejection> {
        let quoted = |rejection: Rejection| format!("{}: {token}", rejection.text(false));
        self.0.verify(token, server_now).map_err(|rejection| Rejection::Other(quoted(rejection)))
    }
}

/// Issues tokens to the client of one world, and records them.
#[derive(Clone)]
pub(super) struct TokenProvider(Arc<Mutex<ProviderState>>);

struct ProviderState {
    issuer: TestIssuer,
    life: Duration,
    behavior: ProviderBehavior,
    /// The user and the session key that tokens are issued for.
    user: &'static str,
    key: &'static str,
    epoch: u64,
    tokens: Vec<MintedToken>,
    /// The slow fetch in flight: when it ends, and the index of its token.
    slow: Option<(Time, usize)>,
    /// The fetches that were answered with "signed out", and their epochs.
    signed_out_replies: Vec<(FetchId, u64)>,
    /// The fetches that were answered with an earlier token of the same epoch, and the token.
    repeated: Vec<(FetchId, String)>,
}

/// A token that was issued.
#[derive(Debug, Clone)]
pub(super) struct MintedToken {
    pub(super) token: String,
    /// The epoch that it was issued for.
    pub(super) epoch: u64,
    /// The session key that it was issued for.
    key: &'static str,
    /// The first fetch that it answered; `None`: the web server used it.
    fetch: Option<FetchId>,
    /// Whether the client has received it.
    is_received: bool,
    /// The subject, if the token is readable.
    user: Option<&'static str>,
    /// The expiry, if the token has one.
    pub(super) expires: Option<UnixMillis>,
}

impl TokenProvider {
    pub(super) fn new(issuer: TestIssuer, life: Duration) -> Self {
        let state = ProviderState {
            issuer,
            life,
            behavior: ProviderBehavior::Fresh,
            user: "alice",
            key: "alice",
            epoch: 0,
            tokens: Vec::new(),
            slow: None,
            signed_out_replies: Vec::new(),
            repeated: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn issuer(&self) -> TestIssuer {
        self.lock().issuer.clone()
    }

    /// Issues tokens for this login and epoch from now on.
    pub(super) fn sign_in(&self, login: Login, epoch: u64) {
        let mut state = self.lock();
        state.user = login.user;
        state.key = login.key;
        state.epoch = epoch;
    }

    /// The client has received the answer to this fetch.
    pub(super) fn mark_received(&self, fetch: FetchId) {
        let mut state = self.lock();
        let received = state.tokens.iter_mut().filter(|minted| minted.fetch == Some(fetch));
        received.for_each(|minted| minted.is_received = true);
    }

    /// Issues the token that a web server renders a page with.
    pub(super) fn token_of_page(&self, login: Login, epoch: u64) -> String {
        self.sign_in(login, epoch);
        let mut state = self.lock();
        let minted = state.mint(Time::ZERO, None);
        let token = minted.token.clone();
        state.tokens.push(minted);
        token
    }

    /// Whether this fetch was answered with a token that cannot be read.
    pub(super) fn replied_unreadable(&self, fetch: FetchId) -> bool {
        let repeated = self.repeated_token(fetch);
        let is_reply = |minted: &&MintedToken| match &repeated {
            Some(token) => minted.token == *token,
            None => minted.fetch == Some(fetch),
        };
        self.lock().tokens.iter().find(is_reply).is_some_and(|minted| minted.user.is_none())
    }

    /// The client takes all tokens so far for those of the session with this key.
    pub(super) fn assign_to_session(&self, key: &'static str) {
        self.lock().tokens.iter_mut().for_each(|minted| minted.key = key);
    }

    /// The provider's first report is another session than that of the page. The client cannot know
    /// which of the two the tokens so far belong to.
    pub(super) fn forget_received(&self) {
        self.lock().tokens.iter_mut().for_each(|minted| minted.is_received = false);
    }

    /// Issues tokens for the same login and this epoch from now on.
    pub(super) fn set_epoch(&self, epoch: u64) {
        self.lock().epoch = epoch;
    }

    pub(super) fn set_behavior(&self, behavior: ProviderBehavior) {
        self.lock().behavior = behavior;
    }

    pub(super) fn reply(&self, request: FetchRequest) -> FetchReply {
        self.lock().reply(request)
    }

    /// Every token that was issued.
    pub(super) fn tokens(&self) -> Vec<MintedToken> {
        self.lock().tokens.clone()
    }

    /// The issued token with this text.
    pub(super) fn token(&self, token: &str) -> Option<MintedToken> {
        self.lock().tokens.iter().find(|minted| minted.token == token).cloned()
    }

    pub(super) fn epoch_of(&self, token: &str) -> Option<u64> {
        self.token(token).map(|minted| minted.epoch)
    }

    /// Whether tokens of one epoch have different subjects.
    pub(super) fn has_several_subjects(&self, epoch: u64) -> bool {
        let state = self.lock();
        let mut users = state.tokens.iter().filter(|minted| minted.epoch == epoch).map(|minted| minted.user);
        users.next().is_some_and(|first| users.any(|user| user != first))
    }

    /// Whether a token has expired at this time.
    pub(super) fn has_token_until(&self, time: UnixMillis) -> bool {
        self.lock().tokens.iter().any(|minted| minted.expires.is_some_and(|expires| expires <= time))
    }

    /// Whether a fetch of this epoch was answered with "signed out".
    pub(super) fn replied_signed_out_in(&self, epoch: u64) -> bool {
        self.lock().signed_out_replies.iter().any(|(_, replied_in)| *replied_in == epoch)
    }

    /// Whether this fetch was answered with "signed out".
    pub(super) fn replied_signed_out(&self, fetch: FetchId) -> bool {
        self.lock().signed_out_replies.iter().any(|(replied_to, _)| *replied_to == fetch)
    }

    /// The earlier token that this fetch was answered with, if any.
    pub(super) fn repeated_token(&self, fetch: FetchId) -> Option<String> {
        let state = self.lock();
        state.repeated.iter().find(|(replied_to, _)| *replied_to == fetch).map(|(_, token)| token.clone())
    }

    /// Code under this lock does not panic. If it does, the panic is reported anyway.
    fn lock(&self) -> MutexGuard<'_, ProviderState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProviderState {
    fn reply(&mut self, request: FetchRequest) -> FetchReply {
        let soon = Duration::from_millis(50);
        match self.behavior {
            ProviderBehavior::SignedOut => {
                self.signed_out_replies.push((request.fetch, self.epoch));
                FetchReply::After(soon, Ok(None))
            }
            ProviderBehavior::Throws => FetchReply::After(soon, Err(TokenError::new("the network is down"))),
            ProviderBehavior::Hangs => FetchReply::Never,
            ProviderBehavior::Slow => self.slow(request),
            _ => FetchReply::After(soon, Ok(Some(self.token(request)))),
        }
    }

    /// All callers share one fetch: an unforced fetch joins the one in flight, even if that is for
    /// another session.
    fn slow(&mut self, request: FetchRequest) -> FetchReply {
        let shared = self.slow.filter(|(due, _)| !request.force && *due > request.at);
        let (due, index) = shared.unwrap_or_else(|| {
            let minted = self.mint(request.at, Some(request.fetch));
            self.tokens.push(minted);
            (request.at + Duration::from_secs(12), self.tokens.len() - 1)
        });
        self.slow = Some((due, index));
        FetchReply::After(due - request.at, Ok(Some(Token::new(self.tokens[index].token.as_str()))))
    }

    fn token(&mut self, request: FetchRequest) -> Token {
        let earlier = self.tokens.iter().rfind(|minted| minted.key != self.key && minted.is_received);
        let earlier = earlier.filter(|_| match self.behavior {
            ProviderBehavior::EarlierSession => true,
            ProviderBehavior::EarlierSessionFromCache => !request.force,
            _ => false,
        });
        if let Some(earlier) = earlier {
            return Token::new(earlier.token.as_str());
        }
        let mut of_epoch = self.tokens.iter().filter(|minted| minted.epoch == self.epoch);
        let known = match self.behavior {
            ProviderBehavior::FirstToken => of_epoch.next(),
            ProviderBehavior::LastToken => of_epoch.next_back(),
            _ => None,
        };
        if let Some(known) = known {
            let token = known.token.clone();
            self.repeated.push((request.fetch, token.clone()));
            return Token::new(token);
        }
        let minted = self.mint(request.at, Some(request.fetch));
        let token = Token::new(minted.token.as_str());
        self.tokens.push(minted);
        token
    }

    fn mint(&self, at: Time, fetch: Option<FetchId>) -> MintedToken {
        let now = START.after(at.since_start());
        let (serial, epoch, key) = (self.tokens.len(), self.epoch, self.key);
        if self.behavior == ProviderBehavior::NotAJwt {
            let token = format!("no JWT but number {serial} of its kind");
            return MintedToken { token, epoch, key, fetch, is_received: false, user: None, expires: None };
        }
        let user = if self.behavior == ProviderBehavior::OtherUser { "mallory" } else { self.user };
        let seconds = now.0 / 1000;
        let expires = match self.behavior {
            ProviderBehavior::Expired => seconds - 5,
            _ => now.after(self.life).0 / 1000,
        };
        let mut claims =
            json!({ "sub": user, "iat": seconds, "exp": expires, "jti": serial, "epoch": self.epoch });
        let fields = claims.as_object_mut().expect("it is an object");
        match self.behavior {
            ProviderBehavior::WithoutIat => drop(fields.remove("iat")),
            ProviderBehavior::WithoutExp => drop(fields.remove("exp")),
            ProviderBehavior::Rejected => drop(fields.insert("aud".into(), "elsewhere".into())),
            _ => {}
        }
        let expires = claims.get("exp").map(|_| UnixMillis(expires * 1000));
        let token = self.issuer.token_with(claims);
        MintedToken { token, epoch, key, fetch, is_received: false, user: Some(user), expires }
    }
}
