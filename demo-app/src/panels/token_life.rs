//! The token in use: whom it speaks for, and how much of its life is left.

use convex_leptos::{AuthState, Claims, ConvexClient};
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
    let token = Memo::new(move |before: Option<&Option<Seen>>| {
        tick.track();
        auth.track();
        let claims = client.claims()?;
        match before.and_then(Option::as_ref) {
            Some(seen) if seen.claims == claims => Some(seen.clone()),
            _ => Some(Seen { claims, at: wall_clock() }),
        }
    });
    let left = Memo::new(move |_| {
        tick.track();
        token.read().as_ref().and_then(|token| token.left(wall_clock()))
    });
    let text = move || match &*token.read() {
        None => "none".to_owned(),
        Some(token) => {
            let subject = token.claims.subject.as_deref().unwrap_or("somebody");
            format!("{subject}, {}", left.get().map_or("without an end".to_owned(), format_left))
        }
    };
    let tone = move || match left.get() {
        Some(0) => "wait",
        Some(_) => "draining",
        None => "",
    };
    let fraction = move || {
        let of = token.read().as_ref().and_then(|token| token.life()).filter(|life| *life > 0);
        of.zip(left.get()).map_or(0.0, |(life, left)| left as f64 / life as f64)
    };
    view! {
        <dd
            class=move || format!("state token {}", tone())
            style=move || format!("--left: {:.1}%", fraction() * 100.0)
            data-testid="token-life"
        >
            {text}
        </dd>
    }
}

/// A token as it was first seen.
///
/// Its life is counted from then, not to its `exp`: that is a time of another clock, and this one may be off.
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
