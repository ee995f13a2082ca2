//! How everything learns that the server stops, and the server learns that everything has.

use tokio::sync::watch;

/// Held by whoever may stop the server; dropping it does, too.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

/// Held by everything that has to end when the server stops.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn new() -> (Self, Shutdown) {
        let (stop, shutdown) = watch::channel(false);
        (Self(stop), Shutdown(shutdown))
    }

    /// Asks everything to end, and waits for it.
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
