//! Waiting for a condition.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::time::sleep;

/// The time limit of every wait, long enough for a busy machine.
pub const WAIT_LIMIT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(30);

/// Calls `check` repeatedly until it returns `Some`. Its errors count as "not yet".
///
/// # Errors
///
/// The time limit is exceeded; the message has the `condition` and the last error of `check`.
pub async fn until<T>(condition: &str, mut check: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + WAIT_LIMIT;
    loop {
        let result = check().await;
        if let Ok(Some(value)) = result {
            return Ok(value);
        }
        if Instant::now() > deadline {
            let cause = result.err().map(|error| format!(" ({error:#})")).unwrap_or_default();
            return Err(anyhow!("timed out after {} s waiting for {condition}{cause}", WAIT_LIMIT.as_secs()));
        }
        sleep(POLL_INTERVAL).await;
    }
}
