//! A slow network: messages arrive later, in the same order.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::{
    select,
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use crate::{error_response::ErrorResponse, knobs::KnobPanel, shutdown::Shutdown};

/// The simulated network between clients and the server.
#[derive(Debug, Clone)]
pub(crate) struct SlowNetwork {
    pub(crate) panel: KnobPanel,
    pub(crate) shutdown: Shutdown,
}

/// Delays a request and its response by the latency each. Fails when the network dies or the server
/// stops.
pub(crate) async fn slow_down(State(network): State<SlowNetwork>, request: Request, next: Next) -> Response {
    let SlowNetwork { panel, mut shutdown } = network;
    let answered = async {
        sleep(panel.latency()).await;
        let response = next.run(request).await;
        sleep(panel.latency()).await;
        response
    };
    select! {
        biased;
        () = panel.network_dead() => ErrorResponse::network_dead().into_response(),
        response = answered => response,
        () = shutdown.requested() => ErrorResponse::shutting_down().into_response(),
    }
}

/// A channel that delays items by the latency at the time of sending.
pub(crate) fn delayed<T>(panel: &KnobPanel) -> (Sender<T>, Receiver<T>) {
    let (items, due) = mpsc::unbounded_channel();
    (Sender { items, panel: panel.clone() }, Receiver { items: due, head: None })
}

#[derive(Debug)]
pub(crate) struct Sender<T> {
    items: mpsc::UnboundedSender<(Instant, T)>,
    panel: KnobPanel,
}

impl<T> Sender<T> {
    /// Sends `item`; it is dropped if the receiver is gone.
    pub(crate) fn send(&self, item: T) {
        let _ = self.items.send((Instant::now() + self.panel.latency(), item));
    }
}

#[derive(Debug)]
pub(crate) struct Receiver<T> {
    items: mpsc::UnboundedReceiver<(Instant, T)>,
    /// An item that is not due yet. Stored here rather than in the future, so that `recv` can be
    /// cancelled.
    head: Option<(Instant, T)>,
}

impl<T> Receiver<T> {
    /// Waits until the next item is due, and returns it with all others that are due by then.
    /// `None` after the last one.
    pub(crate) async fn recv(&mut self) -> Option<Vec<T>> {
        if self.head.is_none() {
            self.head = Some(self.items.recv().await?);
        }
        if let Some((due, _)) = &self.head {
            sleep_until(*due).await;
        }
        let now = Instant::now();
        let mut arrived = Vec::new();
        while let Some((_, item)) = self.head.take_if(|(due, _)| *due <= now) {
            arrived.push(item);
            self.head = self.items.try_recv().ok();
        }
        Some(arrived)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::timeout;

    use super::*;
    use crate::Options;

    fn panel() -> KnobPanel {
        KnobPanel::new(Options::default().knobs())
    }

    fn set_latency(panel: &KnobPanel, latency_ms: u64) {
        panel.turn(json!({ "latencyMs": latency_ms }).as_object().unwrap().clone()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn items_arrive_after_the_latency_and_in_order() {
        let panel = panel();
        let (sender, mut receiver) = delayed(&panel);
        let sent = Instant::now();
        set_latency(&panel, 100);
        sender.send("slow");
        set_latency(&panel, 10);
        sender.send("fast");
        set_latency(&panel, 200);
        sender.send("slowest");

        assert_eq!(receiver.recv().await, Some(vec!["slow", "fast"]));
        assert_eq!(sent.elapsed().as_millis(), 100);
        assert_eq!(receiver.recv().await, Some(vec!["slowest"]));
        assert_eq!(sent.elapsed().as_millis(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn an_item_survives_a_cancelled_receive_and_a_dropped_sender() {
        let panel = panel();
        set_latency(&panel, 100);
        let (sender, mut receiver) = delayed(&panel);
        sender.send("item");
        drop(sender);
        assert!(timeout(Duration::from_millis(50), receiver.recv()).await.is_err());
        assert_eq!(receiver.recv().await, Some(vec!["item"]));
        assert_eq!(receiver.recv().await, None);
    }
}
