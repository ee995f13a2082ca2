//! The token in use: its subject and its remaining lifetime.

use convex_leptos::{AuthState, ConvexClient, UnauthenticatedReason, UseConvexAuth, sync::Claims};
use leptos::prelude::*;
use std::time::Duration;

/// The interval at which countdowns are updated.
const TICK: Duration = Duration::from_millis(250);

/// Notifies every 250 ms, for displays that depend on the time.
pub fn use_tick() -> Signal<()> {
    let tick = RwSignal::new(());
    if let Ok(timer) = set_interval_with_handle(move || tick.set(()), TICK) {
        on_cleanup(move || timer.clear());
    }
    tick.into()
}

/// A chip with the subject of the token in use; its fill is the remaining lifetime.
#[component]
pub fn TokenChip(client: ConvexClient, auth: UseConvexAuth, tick: Signal<()>) -> impl IntoView {
    let token = Memo::new(move |before: Option<&TokenStatus>| {
        tick.track();
        TokenStatus::now(client.claims(), &auth.state(), before.unwrap_or(&TokenStatus::None))
    });
    let remaining = Memo::new(move |_| {
        tick.track();
        token.read().remaining(wall_clock())
    });
    view! {
        <dd
            class=move || format!("state token {}", token.read().tone())
            style=move || format!("--remaining: {:.1}%", token.read().fraction(remaining.get()) * 100.0)
            data-testid="token-life"
        >
            {move || token.read().text(remaining.get())}
        </dd>
    }
}

/// The status of a client's token.
#[derive(Debug, Clone, PartialEq)]
enum TokenStatus {
    None,
    InUse(ObservedToken),
    /// The token was rejected or has expired, and is being replaced.
    Replacing(Claims),
    /// The server rejected the token, which ended the session.
    Rejected(Claims),
}

impl TokenStatus {
    fn now(claims: Option<Claims>, auth: &AuthState, before: &Self) -> Self {
        match (claims, auth, before) {
            (Some(claims), _, Self::InUse(token)) if token.claims == claims => Self::InUse(token.clone()),
            (Some(claims), ..) => Self::InUse(ObservedToken { claims, at: wall_clock() }),
            (
                None,
                AuthState::Authenticated { refreshing: true },
                Self::InUse(ObservedToken { claims, .. }) | Self::Replacing(claims),
            ) => Self::Replacing(claims.clone()),
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

    /// The remaining lifetime in seconds.
    fn remaining(&self, now: f64) -> Option<i64> {
        match self {
            Self::InUse(token) => token.remaining(now),
            _ => None,
        }
    }

    fn fraction(&self, remaining: Option<i64>) -> f64 {
        let lifetime = if let Self::InUse(token) = self { token.lifetime() } else { None };
        let lifetime = lifetime.filter(|lifetime| *lifetime > 0);
        lifetime.zip(remaining).map_or(0.0, |(lifetime, remaining)| remaining as f64 / lifetime as f64)
    }

    fn text(&self, remaining: Option<i64>) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::InUse(token) => {
                let remaining = remaining.map_or("no expiry".to_owned(), format_remaining);
                format!("{}, {remaining}", subject(&token.claims))
            }
            Self::Replacing(claims) => format!("{}, replacing", subject(claims)),
            Self::Rejected(claims) => format!("{}, rejected", subject(claims)),
        }
    }

    fn tone(&self) -> &'static str {
        match self {
            Self::None => "",
            Self::InUse(_) => "draining",
            Self::Replacing(_) => "wait",
            Self::Rejected(_) => "bad",
        }
    }
}

/// A token and the time at which it was first observed.
///
/// The remaining lifetime is counted from that time, not down to `exp`: `exp` is a time of the
/// server's clock, which may differ from this one.
#[derive(Debug, Clone, PartialEq)]
struct ObservedToken {
    claims: Claims,
    /// Milliseconds on this device's clock.
    at: f64,
}

impl ObservedToken {
    /// The lifetime in seconds.
    fn lifetime(&self) -> Option<i64> {
        Some(self.claims.expires_at? - self.claims.issued_at?)
    }

    /// The remaining lifetime in seconds, rounded up.
    fn remaining(&self, now: f64) -> Option<i64> {
        Some((self.lifetime()? - ((now - self.at) / 1_000.0) as i64).max(0))
    }
}

fn subject(claims: &Claims) -> &str {
    claims.subject.as_deref().unwrap_or("no subject")
}

fn wall_clock() -> f64 {
    js_sys::Date::now()
}

fn format_remaining(seconds: i64) -> String {
    match seconds {
        0 => "expired".to_owned(),
        1..60 => format!("{seconds} s left"),
        _ => format!("{}:{:02} left", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetime_counts_from_the_first_observation() {
        let claims =
            Claims { issued_at: Some(1_700_000_000), expires_at: Some(1_700_000_300), ..Claims::default() };
        let token = ObservedToken { claims, at: 5_000.0 };
        assert_eq!(token.remaining(5_000.0), Some(300));
        assert_eq!(token.remaining(15_900.0), Some(290));
        assert_eq!(token.remaining(900_000.0), Some(0));
    }

    #[test]
    fn remaining_time_is_in_seconds_below_a_minute() {
        assert_eq!(
            [0, 1, 59, 60, 3_600].map(format_remaining),
            ["expired", "1 s left", "59 s left", "1:00 left", "60:00 left"]
        );
    }
}
