//! The shutdown: every task learns that the server stops, and the server waits for every task.

use tokio::sync::watch;

/// Stops the server, also when dropped.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

/// A clone for every task that must end when the server stops.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn new() -> (Self, Shutdown) {
        let (stop, shutdown) = watch::channel(false);
        (Self(stop), Shutdown(shutdown))
    }

    /// Requests the end of every task, and waits for it.
    pub(crate) async fn stop(&self) {
        self.0.send_replace(true);
        self.0.closed().await;
    }
}

impl Shutdown {
    /// Waits until the server stops.
    pub(crate) async fn requested(&mut self) {
        // An error means that the server was dropped: it stops as well.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}
