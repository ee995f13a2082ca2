//! Routes whose code is loaded while the page around them is being hydrated.

use crate::{
    dom::Html,
    fixture::{client, deployment, put, ran},
    lists::{chat, page_with_messages, send, use_messages},
    page::ServerPage,
    page_provider::PageProvider,
    results::{item, page_with_label, use_label},
};
use convex_leptos::ConvexClient;
use convex_testkit_web::{FakeDeployment, turns, until};
use futures_channel::oneshot;
use leptos::prelude::*;
use leptos_router::{
    Lazy, LazyRoute,
    components::{FlatRoutes, Route, Router},
    path,
};
use std::cell::RefCell;
use wasm_bindgen_test::wasm_bindgen_test;

type View = Box<dyn FnOnce(ConvexClient) -> AnyView>;

thread_local! {
    /// The route, when its code is loaded.
    static ROUTE: RefCell<Option<oneshot::Receiver<View>>> = const { RefCell::new(None) };
}

struct LoadedRoute(ConvexClient);

impl LazyRoute for LoadedRoute {
    fn data() -> Self {
        Self(expect_context())
    }

    async fn view(Self(client): Self) -> AnyView {
        let route = ROUTE.take().expect("each test has one route");
        route.await.expect("the test loads the route")(client)
    }
}

/// A page with a lazy route that is not loaded yet.
struct LazyPage {
    html: Html,
    client: ConvexClient,
    route: oneshot::Sender<View>,
}

impl LazyPage {
    /// Hydrates a layout and the route after it.
    async fn hydrate<V: IntoView + 'static>(
        fake: &FakeDeployment,
        html: &str,
        layout: impl FnOnce(ConvexClient) -> V + 'static,
    ) -> Self {
        let html = Html::rendered(html);
        let (route, loaded) = oneshot::channel();
        ROUTE.set(Some(loaded));
        let (dialled, created) = (fake.clone(), StoredValue::new(None));
        html.hydrate_lazily(move || {
            let client = client(&dialled);
            created.set_value(Some(client));
            provide_context(client);
            view! {
                {layout(client)}
                <Router>
                    <FlatRoutes fallback=|| "no route">
                        <Route path=path!("/") view={Lazy::<LoadedRoute>::new()}/>
                    </FlatRoutes>
                </Router>
            }
        });
        until("the layout is created", || created.get_value().is_some()).await;
        Self { html, client: created.get_value().expect("it was just created"), route }
    }

    /// Hydrates the route.
    fn load<V: IntoView + 'static>(self, route: impl FnOnce(ConvexClient) -> V + 'static) -> Html {
        let loaded = self.route.send(Box::new(|client| route(client).into_any()));
        assert!(loaded.is_ok(), "the page waits for the route");
        self.html
    }
}

#[wasm_bindgen_test]
async fn a_live_result_is_shown_when_a_lazy_route_is_hydrated() {
    let fake = deployment();
    put(&fake, &[("a", "live")]);
    page_with_label().write();
    let page = LazyPage::hydrate(&fake, "<p>one</p><b>one</b><i>one</i>", |client| {
        let label = use_label(client, "a");
        view! { <Suspense><p>{move || label.value()}</p></Suspense> }
    })
    .await;
    until("the query has run", || ran(&fake, "items:label") == 1).await;
    turns(10).await;
    assert_eq!(page.html.now(), "<p>one</p><b>one</b><i>one</i>");
    let html = page.load(|client| {
        let label = use_label(client, "a");
        let of_other_type = client.use_query::<_, Option<String>, _>("items:label", item("a"));
        view! {
            <Suspense>
                <b>{move || label.value()}</b>
                <i>{move || of_other_type.value()}</i>
            </Suspense>
        }
    });
    until("the route is hydrated", || html.now() != "<p>one</p><b>one</b><i>one</i>").await;
    turns(10).await;
    assert_eq!(html.now(), "<p>live</p><b>live</b><i>live</i>");
}

#[wasm_bindgen_test]
async fn a_live_list_is_shown_when_a_lazy_route_is_hydrated() {
    let fake = chat(&["a"]);
    page_with_messages(&fake).await.write();
    send(&fake, &["b"]);
    let messages = StoredValue::new(None);
    let page = LazyPage::hydrate(&fake, "<p>1</p><b>1</b>", move |client| {
        let list = use_messages(client);
        messages.set_value(Some(list));
        view! { <Suspense><p>{move || list.results().len()}</p></Suspense> }
    })
    .await;
    until("the list has run", || ran(&fake, "messages:page") > 1).await;
    turns(10).await;
    assert_eq!(page.html.now(), "<p>1</p><b>1</b>");
    let list = messages.get_value().expect("the layout was created");
    let html = page.load(move |_| view! { <Suspense><b>{move || list.results().len()}</b></Suspense> });
    until("the route is hydrated", || html.now() != "<p>1</p><b>1</b>").await;
    turns(10).await;
    assert_eq!(html.now(), "<p>2</p><b>2</b>");
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn an_identity_change_does_not_wait_for_a_lazy_route() {
    let fake = deployment();
    ServerPage::of_user(&fake, "ada").with("users:me", (), "ada").write();
    let provider = PageProvider::signed_in(&fake, "ada");
    let page = LazyPage::hydrate(&fake, "<p>ada</p>", move |client| {
        client.set_auth(provider);
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        view! { <Suspense><p>{move || me.value().map(|me| me.unwrap_or("anonymous".to_owned()))}</p></Suspense> }
    })
    .await;
    page.client.sign_out();
    until("the query has run", || ran(&fake, "users:me") == 1).await;
    until("its result is shown", || page.html.now() == "<p>anonymous</p>").await;
}
