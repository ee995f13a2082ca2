//! Who may sign in, what the identity provider hands out, and how the server judges it.

use convex_sync::{Claims, FetchId, Time, Token};
use convex_testkit::{Identity, Rejection, START, TestIssuer, UnixMillis, Verifier};
use serde_json::json;
use std::{fmt, time::Duration};

/// How long a token is good for: short, so that few steps of time lead past its refresh and its
/// end.
const LIFE: Duration = Duration::from_secs(12);

const ISSUER: &str = "https://issuer.example";

/// Somebody who can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Person {
    Alice,
    Bob,
}

impl Person {
    pub const ALL: [Self; 2] = [Self::Alice, Self::Bob];

    pub fn name(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A token's place in the order in which they were issued.
pub type TokenIndex = usize;

/// All fetches under way and all tokens ever handed out.
#[derive(Debug, Default)]
pub struct Provider {
    pub fetches: Vec<Fetch>,
    pub tokens: Vec<Issued>,
}

/// A token fetch that was not answered yet.
#[derive(Debug, Clone, Copy)]
pub struct Fetch {
    pub id: FetchId,
    pub person: Person,
    /// The session of the app it was asked in.
    pub session: u32,
    /// The client does not want the answer any more.
    pub dropped: bool,
    /// There will be no answer.
    pub hangs: bool,
}

/// A token that was handed out.
#[derive(Debug)]
pub struct Issued {
    pub text: String,
    pub person: Person,
    /// When the server stops accepting it.
    pub ends: Time,
    /// The session of the app it was last handed out for.
    pub session: u32,
    /// The client has received it for its own user's session.
    pub arrived: bool,
    /// The server has accepted it.
    pub accepted: bool,
    /// The client has been told that the server does not accept it.
    pub known_refused: bool,
}

impl Provider {
    /// Makes a token. One that is not `good` the server refuses.
    pub fn issue(&mut self, now: Time, fetch: Fetch, good: bool) -> TokenIndex {
        let Fetch { person, session, .. } = fetch;
        let index = self.tokens.len();
        let issued_at = START.after(now.since_start()).0 / 1000;
        let expires_at = issued_at + i64::try_from(LIFE.as_secs()).unwrap();
        // Every token tells its index, so that claims and errors in the client's debug output say
        // which token they are of.
        let audience = format!("token {index}{}", if good { "" } else { REFUSED });
        let text = TestIssuer::new(ISSUER, audience)
            .token_with(json!({ "sub": person.name(), "iat": issued_at, "exp": expires_at }));
        let ends = Time::new(Duration::from_millis(u64::try_from(expires_at * 1000 - START.0).unwrap()));
        self.tokens.push(Issued {
            text,
            person,
            ends,
            session,
            arrived: false,
            accepted: false,
            known_refused: false,
        });
        index
    }

    pub fn token(&self, index: TokenIndex) -> Token {
        Token::new(self.tokens[index].text.as_str())
    }

    pub fn find(&self, text: &str) -> Option<TokenIndex> {
        self.tokens.iter().position(|issued| issued.text == text)
    }

    /// The newest token of a person.
    pub fn last_of(&self, person: Person) -> Option<TokenIndex> {
        self.tokens.iter().rposition(|issued| issued.person == person)
    }

    /// The newest token that the client has received for another user than this one.
    pub fn last_of_another(&self, person: Person) -> Option<TokenIndex> {
        self.tokens.iter().rposition(|issued| issued.person != person && issued.arrived)
    }

    /// The part of a token that must show nowhere.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|issued| issued.text.split('.').nth(1))
    }
}

const REFUSED: &str = ", refused";

/// Accepts every token that has not run out, but for those that were made to be refused.
#[derive(Debug)]
pub struct Judge;

impl Verifier for Judge {
    fn verify(&self, token: &str, server_now: UnixMillis) -> Result<Identity, Rejection> {
        let claims = Claims::read(token).ok_or(Rejection::NotAJwt)?;
        let (Some(issuer), Some(audience), Some(subject), Some(expires_at)) =
            (claims.issuer, claims.audience, claims.subject, claims.expires_at)
        else {
            return Err(Rejection::Claims);
        };
        let expires_at = UnixMillis(expires_at * 1000);
        if audience.ends_with(REFUSED) || server_now >= expires_at {
            return Err(Rejection::Other(format!("{audience}, is not accepted")));
        }
        let all = [("aud".to_owned(), audience.into())].into_iter().collect();
        Ok(Identity { issuer, subject, claims: all, expires_at })
    }
}
