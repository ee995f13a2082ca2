//! A network that takes its time: what is sent arrives later, in the same order.

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

use crate::{knobs::Panel, refusal::Refusal, shutdown::Shutdown};

/// What stands between a request and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) panel: Panel,
    pub(crate) shutdown: Shutdown,
}

/// Delays a request and its answer by the latency each, and gives up on both when the network dies
/// or the server stops.
pub(crate) async fn slow_down(State(network): State<Network>, request: Request, next: Next) -> Response {
    let Network { panel, mut shutdown } = network;
    let answered = async {
        sleep(panel.latency()).await;
        let response = next.run(request).await;
        sleep(panel.latency()).await;
        response
    };
    select! {
        biased;
        () = panel.network_dead() => Refusal::network_dead().into_response(),
        response = answered => response,
        () = shutdown.requested() => Refusal::shutting_down().into_response(),
    }
}

/// A wire as slow as the latency knob says at the moment something is sent.
pub(crate) fn delayed<T>(panel: &Panel) -> (Sender<T>, Receiver<T>) {
    let (items, due) = mpsc::unbounded_channel();
    (Sender { items, panel: panel.clone() }, Receiver { items: due, head: None })
}

#[derive(Debug)]
pub(crate) struct Sender<T> {
    items: mpsc::UnboundedSender<(Instant, T)>,
    panel: Panel,
}

impl<T> Sender<T> {
    /// Sends `item`; it is lost where nobody receives any more.
    pub(crate) fn send(&self, item: T) {
        let _ = self.items.send((Instant::now() + self.panel.latency(), item));
    }
}

#[derive(Debug)]
pub(crate) struct Receiver<T> {
    items: mpsc::UnboundedReceiver<(Instant, T)>,
    /// Sent and not due yet. It is kept here, not in the future, so that `recv` can be cancelled.
    head: Option<(Instant, T)>,
}

impl<T> Receiver<T> {
    /// Waits for the next item to be due; takes it, and all others that are due by then. `None`
    /// after the last one.
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

    fn panel() -> Panel {
        Panel::new(Options::default().knobs())
    }

    fn set_latency(panel: &Panel, latency_ms: u64) {
        panel.turn(json!({ "latencyMs": latency_ms }).as_object().unwrap().clone()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn items_arrive_after_the_latency_and_in_order() {
        let panel = panel();
        let (wire, mut end) = delayed(&panel);
        let sent = Instant::now();
        set_latency(&panel, 100);
        wire.send("slow");
        set_latency(&panel, 10);
        wire.send("fast");
        set_latency(&panel, 200);
        wire.send("slowest");

        assert_eq!(end.recv().await, Some(vec!["slow", "fast"]));
        assert_eq!(sent.elapsed().as_millis(), 100);
        assert_eq!(end.recv().await, Some(vec!["slowest"]));
        assert_eq!(sent.elapsed().as_millis(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn an_item_survives_a_cancelled_receive_and_a_sender_that_is_gone() {
        let panel = panel();
        set_latency(&panel, 100);
        let (wire, mut end) = delayed(&panel);
        wire.send("kept");
        drop(wire);
        assert!(timeout(Duration::from_millis(50), end.recv()).await.is_err());
        assert_eq!(end.recv().await, Some(vec!["kept"]));
        assert_eq!(end.recv().await, None);
    }
}
