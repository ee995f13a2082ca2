//! The users, the tokens of the identity provider, and how the server verifies them.

use convex_sync::{Claims, FetchId, Time, Token};
use convex_testkit::{Identity, Rejection, START, TestIssuer, UnixMillis, Verifier};
use serde_json::{Value as Json, json};
use std::{fmt, time::Duration};

/// The lifetime of a token. It is short, so that few steps of time reach its refresh and its
/// expiry.
const LIFE: Duration = Duration::from_secs(12);

const ISSUER: &str = "https://issuer.example";

/// A user who can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum User {
    Alice,
    Bob,
}

impl User {
    pub const ALL: [Self; 2] = [Self::Alice, Self::Bob];

    pub fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
        }
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A token's place in the order in which they were issued.
pub type TokenIndex = usize;

/// All open fetches and all tokens that were ever returned.
#[derive(Debug, Default)]
pub struct TokenProvider {
    pub fetches: Vec<OpenFetch>,
    pub tokens: Vec<IssuedToken>,
}

/// A token fetch without a reply.
#[derive(Debug, Clone, Copy)]
pub struct OpenFetch {
    pub id: FetchId,
    pub user: User,
    /// The key of the provider's session at the fetch.
    pub key: User,
    /// The session of the app at the fetch.
    pub session: u32,
    /// The client has dropped the fetch.
    pub dropped: bool,
    /// The provider never replies.
    pub hangs: bool,
}

/// A token that the provider has returned.
#[derive(Debug)]
pub struct IssuedToken {
    pub text: String,
    pub user: User,
    /// When the server stops accepting it.
    pub ends: Time,
    /// The session of the app that it was last returned for.
    pub session: u32,
    /// The key of the session that the client has received it for.
    pub arrived_for: Option<User>,
    /// The server has accepted it.
    pub accepted: bool,
    /// The client knows that the server rejects it.
    pub known_rejected: bool,
}

impl TokenProvider {
    /// Issues a token. The server rejects it unless `valid`.
    pub fn issue(&mut self, now: Time, user: User, session: u32, valid: bool) -> TokenIndex {
        let index = self.tokens.len();
        let issued_at = START.after(now.since_start()).0 / 1000;
        let expires_at = issued_at + i64::try_from(LIFE.as_secs()).unwrap();
        // Every token contains its index, so that claims and errors in the client's debug output
        // name their token.
        let audience = format!("token {index}{}", if valid { "" } else { REJECTED_SUFFIX });
        let text = TestIssuer::new(ISSUER, audience)
            .token_with(json!({ "sub": user.name(), "iat": issued_at, "exp": expires_at }));
        let ends = Time::new(Duration::from_millis(u64::try_from(expires_at * 1000 - START.0).unwrap()));
        self.tokens.push(IssuedToken {
            text,
            user,
            ends,
            session,
            arrived_for: None,
            accepted: false,
            known_rejected: false,
        });
        index
    }

    pub fn token(&self, index: TokenIndex) -> Token {
        Token::new(self.tokens[index].text.as_str())
    }

    pub fn find(&self, text: &str) -> Option<TokenIndex> {
        self.tokens.iter().position(|issued| issued.text == text)
    }

    /// The newest token of a user.
    pub fn last_of(&self, user: User) -> Option<TokenIndex> {
        self.tokens.iter().rposition(|issued| issued.user == user)
    }

    /// The newest token that the client has received for another session than this one.
    pub fn last_of_another(&self, key: User) -> Option<TokenIndex> {
        self.tokens.iter().rposition(|issued| issued.arrived_for.is_some_and(|other| other != key))
    }

    /// The provider's first report is another session than that of the page. The client cannot know
    /// which of the two its tokens belong to.
    pub fn forget_arrivals(&mut self) {
        self.tokens.iter_mut().for_each(|issued| issued.arrived_for = None);
    }

    /// The parts of tokens that must not appear in any output.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|issued| issued.text.split('.').nth(1))
    }
}

/// The token that a web server rendered a page with.
pub fn page_token(subject: User) -> String {
    TestIssuer::new(ISSUER, "page").token_with(json!({ "sub": subject.name() }))
}

/// The index of the token that a text names.
pub fn token_index(text: &str) -> Option<TokenIndex> {
    text.strip_prefix("token ")?.split(',').next()?.parse().ok()
}

/// The frame's text without its token.
pub fn without_token(frame: &Json) -> String {
    let mut frame = frame.clone();
    if !frame["tokenType"].is_null() {
        frame["value"] = "…".into();
    }
    frame.to_string()
}

const REJECTED_SUFFIX: &str = ", rejected";

/// Accepts every token that has not expired, except those that were issued to be rejected.
#[derive(Debug)]
pub struct AudienceVerifier;

impl Verifier for AudienceVerifier {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, Rejection> {
        let claims = Claims::read(token).ok_or(Rejection::NotAJwt)?;
        let (Some(issuer), Some(audience), Some(subject), Some(expires_at)) =
            (claims.issuer, claims.audience, claims.subject, claims.expires_at)
        else {
            return Err(Rejection::Claims);
        };
        let expires_at = UnixMillis(expires_at * 1000);
        if audience.ends_with(REJECTED_SUFFIX) || server_now >= expires_at {
            return Err(Rejection::Other(format!("{audience}, is not accepted")));
        }
        let all = [("aud".to_owned(), audience.into())].into_iter().collect();
        Ok(Identity { issuer, subject, claims: all, expires_at })
    }
}
