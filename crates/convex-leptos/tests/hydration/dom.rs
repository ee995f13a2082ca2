//! HTML of a web server, and the hydration of its nodes.

use crate::{
    fixture::{client, deployment, put},
    page::ServerPage,
    page_provider::{PageProvider, TokenAnswer},
    results::{describe, page_with_label, use_label},
};
use convex_leptos::{AuthPolicy, Authenticated, ConvexProviderWithAuth, use_query};
use convex_testkit_web::{turns, until};
use leptos::{
    mount::{UnmountHandle, hydrate_from, hydrate_from_async},
    prelude::*,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, Node};

/// The nodes of a page that a web server rendered.
pub struct Html(HtmlElement);

impl Html {
    pub fn rendered(html: &str) -> Self {
        let document = web_sys::window().and_then(|window| window.document()).expect("tests run in a page");
        let element: HtmlElement = document.create_element("main").expect("a valid name").unchecked_into();
        document.body().expect("a page has a body").append_child(&element).expect("the body takes elements");
        element.set_inner_html(html);
        Self(element)
    }

    fn hydrate<V: IntoView>(&self, view: impl FnOnce() -> V + 'static) -> UnmountHandle<V::State> {
        hydrate_from(self.0.clone(), view)
    }

    /// Hydrates the nodes as `hydrate_lazy` does, which waits for a lazy route.
    pub fn hydrate_lazily<V: IntoView + 'static>(&self, view: impl FnOnce() -> V + 'static) {
        let hydrated = hydrate_from_async(self.0.clone(), view);
        spawn_local(async move { hydrated.await.forget() });
    }

    pub fn now(&self) -> String {
        self.0.inner_html()
    }

    /// The text of the only paragraph.
    fn text_node(&self) -> Option<Node> {
        self.0.query_selector("p").expect("a valid selector")?.first_child()
    }
}

impl Drop for Html {
    fn drop(&mut self) {
        self.0.remove();
    }
}

#[wasm_bindgen_test]
async fn the_nodes_of_a_boundary_change_with_the_live_result_only() {
    let fake = deployment();
    put(&fake, &[("a", "live")]);
    fake.pause_delivery();
    page_with_label().write();
    let html = Html::rendered("<p>one</p>");
    let text = html.text_node();
    let dialled = fake.clone();
    let _page = html.hydrate(move || {
        let label = use_label(client(&dialled), "a");
        view! { <Suspense fallback=|| "waiting"><p>{move || label.value().unwrap_or_default()}</p></Suspense> }
    });
    assert_eq!(html.now(), "<p>one</p>");
    turns(10).await;
    assert_eq!(html.now(), "<p>one</p>");
    fake.resume_delivery();
    until("the live result is shown", || html.now() == "<p>live</p>").await;
    assert!(text.is_some() && text == html.text_node(), "the text was not replaced");
}

#[wasm_bindgen_test]
async fn a_reader_outside_of_a_boundary_hydrates_the_loading_state() {
    let fake = deployment();
    fake.hang_dials();
    page_with_label().write();
    let html = Html::rendered("<p>Loading</p>");
    let text = html.text_node();
    let _page = html.hydrate(move || {
        let label = use_label(client(&fake), "a");
        view! { <p>{move || describe(label)}</p> }
    });
    assert_eq!(html.now(), "<p>Loading</p>");
    until("the result is shown", || html.now() == "<p>Ready one</p>").await;
    assert_eq!(text, html.text_node());
}

/// docs/auth.md §4, lines 9 and 13.
#[wasm_bindgen_test]
async fn the_nodes_of_a_gate_change_with_the_live_result_only() {
    let fake = deployment();
    ServerPage::of_user(&fake, "ada").with_policy(AuthPolicy::Required, "users:me", (), "page").write();
    let html = Html::rendered("<p>page</p><!>");
    let text = html.text_node();
    let provider = StoredValue::new(None);
    let dialled = fake.clone();
    let _page = html.hydrate(move || {
        let (client, auth) = (client(&dialled), PageProvider::signed_in(&dialled, "ada"));
        auth.answer(TokenAnswer::Waiting);
        provider.set_value(Some(auth));
        view! {
            <ConvexProviderWithAuth client auth>
                <Authenticated fallback=|| "signed out">
                    {
                        let me = use_query::<_, String, _>("users:me", ());
                        view! { <Suspense><p>{move || me.value().unwrap_or_default()}</p></Suspense> }
                    }
                </Authenticated>
            </ConvexProviderWithAuth>
        }
    });
    let auth = provider.get_value().expect("the page was hydrated");
    until("the token is fetched", || auth.fetches() == 1).await;
    turns(10).await;
    assert_eq!(html.now(), "<p>page</p><!---->");
    auth.answer(TokenAnswer::Of("ada"));
    until("the live result is shown", || html.now() == "<p>ada</p><!---->").await;
    assert_eq!(text, html.text_node());
}
