//! The token in use: whom it speaks for, and how much of its life is left.

use convex_leptos::{AuthState, Claims, ConvexClient, UnauthenticatedReason};
use leptos::prelude::*;
use std::time::Duration;

/// How often what counts down is counted.
const TICK: Duration = Duration::from_millis(250);

/// Changes now and then, for what shows the time.
pub fn now_and_then() -> Signal<()> {
    let tick = RwSignal::new(());
    if let Ok(timer) = set_interval_with_handle(move || tick.set(()), TICK) {
        on_cleanup(move || timer.clear());
    }
    tick.into()
}

/// The subject of the token in use and its remaining life, as a chip that empties.
#[component]
pub fn TokenChip(client: ConvexClient, auth: Signal<AuthState>, tick: Signal<()>) -> impl IntoView {
    let token = Memo::new(move |before: Option<&Token>| {
        tick.track();
        Token::now(client.claims(), &auth.read(), before.unwrap_or(&Token::None))
    });
    let left = Memo::new(move |_| {
        tick.track();
        token.read().left(wall_clock())
    });
    view! {
        <dd
            class=move || format!("state token {}", token.read().tone())
            style=move || format!("--left: {:.1}%", token.read().fraction(left.get()) * 100.0)
            data-testid="token-life"
        >
            {move || token.read().words(left.get())}
        </dd>
    }
}

/// The token of a client.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    None,
    InUse(Seen),
    /// It was rejected or has run out, and is being replaced.
    Void(Claims),
    /// The server rejected it for good.
    Rejected(Claims),
}

impl Token {
    fn now(claims: Option<Claims>, auth: &AuthState, before: &Self) -> Self {
        match (claims, auth, before) {
            (Some(claims), _, Self::InUse(seen)) if seen.claims == claims => Self::InUse(seen.clone()),
            (Some(claims), ..) => Self::InUse(Seen { claims, at: wall_clock() }),
            (
                None,
                AuthState::Authenticated { refreshing: true },
                Self::InUse(Seen { claims, .. }) | Self::Void(claims),
            ) => Self::Void(claims.clone()),
            (
                None,
                AuthState::Unauthenticated {
                    reason: UnauthenticatedReason::Rejected { claims: Some(claims), .. },
                },
                _,
            ) => Self::Rejected(claims.clone()),
            (None, ..) => Self::None,
        }
    }

    /// How many seconds of its life are left.
    fn left(&self, now: f64) -> Option<i64> {
        match self {
            Self::InUse(seen) => seen.left(now),
            _ => None,
        }
    }

    fn fraction(&self, left: Option<i64>) -> f64 {
        let life = if let Self::InUse(seen) = self { seen.life() } else { None };
        life.filter(|life| *life > 0).zip(left).map_or(0.0, |(life, left)| left as f64 / life as f64)
    }

    fn words(&self, left: Option<i64>) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::InUse(seen) => {
                let life = left.map_or("without an end".to_owned(), format_left);
                format!("{}, {life}", subject(&seen.claims))
            }
            Self::Void(claims) => format!("{}, void", subject(claims)),
            Self::Rejected(claims) => format!("{}, rejected", subject(claims)),
        }
    }

    fn tone(&self) -> &'static str {
        match self {
            Self::None => "",
            Self::InUse(_) => "draining",
            Self::Void(_) => "wait",
            Self::Rejected(_) => "bad",
        }
    }
}

/// A token as it was first seen.
///
/// Its life is counted from then, not to its `exp`: that is a time of another clock, and this one
/// may be off.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    claims: Claims,
    /// In milliseconds, on this machine's clock.
    at: f64,
}

impl Seen {
    /// How many seconds it lives.
    fn life(&self) -> Option<i64> {
        Some(self.claims.expires_at? - self.claims.issued_at?)
    }

    /// How many of them are left; a part of one counts.
    fn left(&self, now: f64) -> Option<i64> {
        Some((self.life()? - ((now - self.at) / 1_000.0) as i64).max(0))
    }
}

fn subject(claims: &Claims) -> &str {
    claims.subject.as_deref().unwrap_or("somebody")
}

fn wall_clock() -> f64 {
    js_sys::Date::now()
}

fn format_left(seconds: i64) -> String {
    match seconds {
        0 => "ran out".to_owned(),
        1..60 => format!("{seconds} s left"),
        _ => format!("{}:{:02} left", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn life_is_counted_from_when_the_token_was_first_seen() {
        let claims =
            Claims { issued_at: Some(1_700_000_000), expires_at: Some(1_700_000_300), ..Claims::default() };
        let token = Seen { claims, at: 5_000.0 };
        assert_eq!(token.left(5_000.0), Some(300));
        assert_eq!(token.left(15_900.0), Some(290));
        assert_eq!(token.left(900_000.0), Some(0));
    }

    #[test]
    fn seconds_and_minutes_are_told_apart() {
        assert_eq!(
            [0, 1, 59, 60, 3_600].map(format_left),
            ["ran out", "1 s left", "59 s left", "1:00 left", "60:00 left"]
        );
    }
}
