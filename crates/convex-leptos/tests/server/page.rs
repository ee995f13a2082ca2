//! Renders pages as `leptos_axum` does.

use any_spawner::Executor;
use convex_leptos::RequestIdentity;
use futures_util::StreamExt;
use hydration_context::{SharedContext, SsrSharedContext};
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};

/// How a page is sent; the names are those of `leptos_router::SsrMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsrMode {
    OutOfOrder,
    InOrder,
    Async,
}

/// A page that has arrived.
#[derive(Debug)]
pub struct Page {
    pub html: String,
    /// The scripts with the data for hydration.
    pub data: String,
}

impl Page {
    pub fn contains(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    pub fn text(&self) -> String {
        format!("{}{}", self.html, self.data)
    }
}

/// Renders a page for a request of this identity. It fails if that takes long: the page hangs.
pub async fn render<V: IntoView + 'static>(
    mode: SsrMode,
    identity: RequestIdentity,
    view: impl FnOnce() -> V,
) -> Page {
    // Fails if another test has already initialized it.
    let _ = Executor::init_tokio();
    let context = Arc::new(SsrSharedContext::new());
    let owner = Owner::new_root(Some(Arc::clone(&context) as Arc<dyn SharedContext + Send + Sync>));
    let view = owner.with(|| {
        provide_context(identity);
        view().into_view()
    });
    let rendered = async {
        if let Some(deferred) = context.await_deferred() {
            deferred.await;
        }
        let html = owner.with(|| match mode {
            SsrMode::OutOfOrder => view.to_html_stream_out_of_order(),
            SsrMode::InOrder | SsrMode::Async => view.to_html_stream_in_order(),
        });
        let data = context.pending_data().expect("a server's context has data");
        let (html, data) = futures_util::future::join(html.collect(), data.collect()).await;
        Page { html, data }
    };
    let page = tokio::time::timeout(Duration::from_secs(30), rendered).await.expect("the page ends");
    owner.cleanup();
    page
}
