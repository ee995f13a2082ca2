//! Waiting for what must come.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::time::sleep;

/// How long anything may take: long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(30);

/// Looks again and again until there is something to see.
///
/// # Errors
///
/// Where it does not come; the message names `what` and, if looking failed at the end, why.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = look().await;
        if let Ok(Some(seen)) = seen {
            return Ok(seen);
        }
        if Instant::now() > deadline {
            let cause = seen.err().map(|error| format!(" ({error:#})")).unwrap_or_default();
            return Err(anyhow!("waited {} s in vain for {what}{cause}", PATIENCE.as_secs()));
        }
        sleep(POLL).await;
    }
}
