//! Server-side rendering: queries and auth are loading.

use any_spawner::Executor;
use convex_leptos::*;
use futures_util::StreamExt;
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use std::sync::Arc;

const URL: &str = "https://happy-animal-123.convex.cloud";

fn render<V: IntoView + 'static>(view: impl FnOnce() -> V) -> String {
    // Fails if another test has already initialized it.
    let _ = Executor::init_futures_executor();
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new())));
    let html = owner.with(|| view().into_view().to_html_stream_in_order());
    futures_executor::block_on(html.collect())
}

fn provider() -> impl AuthProvider {
    auth_fn(|| Session::signed_in("ada"), |_| async { Ok(None) })
}

#[test]
fn on_the_server_auth_is_loading() {
    let html = render(|| {
        view! {
            <ConvexProviderWithAuth url=URL auth=provider()>
                <AuthLoading>"loading"</AuthLoading>
                <Unauthenticated>"signed out"</Unauthenticated>
                <Authenticated eager=true>"signed in"</Authenticated>
            </ConvexProviderWithAuth>
            <ConvexProvider url=URL><Unauthenticated>"signed out"</Unauthenticated></ConvexProvider>
        }
    });
    assert!(html.contains("loading") && !html.contains("signed"), "{html}");
}

#[test]
fn on_the_server_a_query_is_loading() {
    let html = render(|| {
        view! {
            <ConvexProvider url=URL>
                {
                    let count = use_query::<_, f64, _>("items:count", ());
                    view! {
                        {format!("{:?}", count.status())}
                        <Suspense fallback=|| "waiting">{move || count.value()}</Suspense>
                        <Suspense fallback=|| "waiting">
                            {move || Suspend::new(async move { count.await.ok() })}
                        </Suspense>
                    }
                }
            </ConvexProvider>
        }
    });
    assert!(html.contains("Loading"), "{html}");
    assert_eq!(html.matches("waiting").count(), 2, "{html}");
}
