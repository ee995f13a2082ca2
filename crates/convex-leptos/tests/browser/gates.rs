//! Gates: which are open in each state, and when their children are rebuilt.

use crate::{
    fixture::{Page, client, deployment, options, sent},
    test_provider::TestProvider,
};
use convex_leptos::{
    AuthLoading, AuthPolicy, AuthRefreshing, Authenticated, ClientOptions, ConvexClient, ConvexError,
    ConvexProvider, ConvexProviderWithAuth, NotSentReason, Unauthenticated, sync::Config, use_convex_auth,
    use_mutation, use_query, use_query_with,
};
use convex_testkit_web::{FakeDeployment, testkit::Rejection, turns, until};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// Every gate. The text has a letter per open gate.
#[component]
fn Gates() -> impl IntoView {
    view! {
        <AuthLoading fallback=|| "-">"L"</AuthLoading>
        <Unauthenticated fallback=|| "-">"U"</Unauthenticated>
        <Authenticated fallback=|| "-">"A"</Authenticated>
        <AuthRefreshing fallback=|| "-">"R"</AuthRefreshing>
    }
}

/// Counts how often a component is built and disposed.
#[derive(Clone, Copy)]
struct Lifecycle {
    built: RwSignal<usize>,
    disposed: RwSignal<usize>,
}

impl Lifecycle {
    fn new() -> Self {
        Self { built: RwSignal::new(0), disposed: RwSignal::new(0) }
    }

    fn begin(self) {
        self.built.update_untracked(|built| *built += 1);
        on_cleanup(move || self.disposed.update_untracked(|disposed| *disposed += 1));
    }

    fn counts(self) -> (usize, usize) {
        (self.built.get_untracked(), self.disposed.get_untracked())
    }
}

/// docs/auth.md §4, lines 13 and 14.
#[wasm_bindgen_test]
async fn exactly_one_gate_is_open_from_page_load_to_sign_out() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::new(&fake);
    auth.hold_fetches();
    let page =
        Page::show(move || view! { <ConvexProviderWithAuth client auth><Gates/></ConvexProviderWithAuth> });
    assert_eq!(page.text(), "L---");
    auth.sign_in("ada");
    turns(5).await;
    assert_eq!(page.text(), "L---", "the user is not authenticated before the server's confirmation");
    auth.release_fetches();
    page.until_text("--A-").await;
    auth.sign_out();
    page.until_text("-U--").await;
}

#[wasm_bindgen_test]
async fn without_an_auth_provider_unauthenticated_is_open_at_once() {
    let fake = deployment();
    let client = client(&fake);
    let page = Page::show(move || view! { <ConvexProvider client><Gates/></ConvexProvider> });
    assert_eq!(page.text(), "-U--");
}

/// docs/auth.md §4, line 12.
#[wasm_bindgen_test]
async fn replacing_a_rejected_token_rebuilds_nothing() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let life = Lifecycle::new();
    let page = Page::show(move || {
        view! {
            <ConvexProviderWithAuth client auth>
                <Authenticated>{life.begin()}<i>"in"</i></Authenticated>
                <AuthRefreshing>" refreshing"</AuthRefreshing>
            </ConvexProviderWithAuth>
        }
    });
    page.until_text("in").await;
    let node = page.find("i");
    auth.hold_fetches();
    fake.deployment(|deployment, now| {
        let connection = deployment.connections().next().expect("the client is connected");
        deployment.revoke_identity(now, connection, "the token expired");
    });
    page.until_text("in refreshing").await;
    auth.release_fetches();
    page.until_text("in").await;
    assert_eq!((life.counts(), page.find("i")), ((1, 0), node));
    assert_eq!(auth.fetches(), 2);
}

#[wasm_bindgen_test]
async fn another_user_gets_new_children() {
    let fake = deployment();
    for eager in [false, true] {
        let client = client(&fake);
        let auth = TestProvider::signed_in(&fake, "ada");
        let life = Lifecycle::new();
        let page = Page::show(move || {
            view! {
                <ConvexProviderWithAuth client auth>
                    <Authenticated eager>
                        {
                            life.begin();
                            let me = use_query::<_, String, _>("users:me", ());
                            move || me.value()
                        }
                    </Authenticated>
                </ConvexProviderWithAuth>
            }
        });
        page.until_text("ada").await;
        auth.sign_in("bob");
        assert_eq!(page.text(), "ada", "the page is updated in a microtask");
        turns(1).await;
        assert_ne!(page.text(), "ada");
        page.until_text("bob").await;
        assert_eq!(life.counts(), (2, 1), "eager: {eager}");
    }
}

#[wasm_bindgen_test]
async fn queries_inside_authenticated_are_required_by_default() {
    let fake = deployment();
    let options =
        options(&fake).config(Config { auth_patience: std::time::Duration::ZERO, ..Config::default() });
    let client = ConvexClient::with_options(FakeDeployment::URL, options);
    let auth = TestProvider::signed_in(&fake, "ada");
    auth.hold_fetches();
    let page = Page::show(move || {
        view! {
            <ConvexProviderWithAuth client auth>
                <Authenticated eager=true>
                    {
                        let secret = use_query::<_, String, _>("users:secret", ());
                        let count = use_query_with::<_, f64, _>("items:count", (), AuthPolicy::Immediate);
                        move || format!("{:?} {:?}", secret.get(), count.get())
                    }
                </Authenticated>
                {
                    let me = use_query::<_, Option<String>, _>("users:me", ());
                    move || format!("{:?}", me.get())
                }
            </ConvexProviderWithAuth>
        }
    });
    until("the queries that need no user have run", || page.text() == "Some(Ok(None))").await;
    assert_eq!((sent(&fake, "users:secret"), sent(&fake, "items:count")), (0, 1));
    auth.release_fetches();
    page.until_text(r#"Some(Ok("the secret of ada")) Some(Ok(0.0))Some(Ok(Some("ada")))"#).await;
}

#[wasm_bindgen_test]
async fn an_eager_gate_builds_its_children_hidden_and_reveals_them() {
    let fake = deployment();
    fake.pause_delivery();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let life = Lifecycle::new();
    let node = StoredValue::new_local(std::cell::RefCell::new(None));
    let page = Page::show(move || {
        view! {
            <ConvexProviderWithAuth client auth>
                <Authenticated eager=true fallback=|| "waiting">
                    {
                        life.begin();
                        let secret = use_query::<_, String, _>("users:secret", ());
                        let auth = use_convex_auth();
                        let paragraph = NodeRef::<leptos::html::P>::new();
                        Effect::new(move |_| {
                            node.with_value(|node| node.replace(paragraph.get()));
                        });
                        let loading = RwSignal::new(untrack(|| auth.is_loading()));
                        view! {
                            <p node_ref=paragraph>
                                {move || secret.value()} " built while loading: " {move || loading.get()}
                                <Authenticated fallback=|| " nested: closed">" nested: open"</Authenticated>
                            </p>
                        }
                    }
                </Authenticated>
            </ConvexProviderWithAuth>
        }
    });
    until("the children are built", || life.counts() == (1, 0)).await;
    until("effects ran", || node.with_value(|node| node.borrow().is_some())).await;
    assert_eq!(page.text(), "waiting");
    assert!(page.find("p").is_none(), "hidden children are not in the document");
    fake.resume_delivery();
    page.until_text("the secret of ada built while loading: true nested: open").await;
    let built = node.with_value(|node| node.borrow().clone()).expect("the children are built");
    assert_eq!(page.find("p").as_ref(), Some(&**built));
    assert_eq!(life.counts(), (1, 0));
}

#[wasm_bindgen_test]
async fn an_eager_gate_disposes_hidden_children_on_a_rejection() {
    let fake = deployment();
    fake.deployment(|deployment, _| deployment.reject_all_tokens(Some(Rejection::NoProvider(Vec::new()))));
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let life = Lifecycle::new();
    let seen = RwSignal::new(false);
    let page = Page::show(move || {
        view! {
            <ConvexProviderWithAuth client auth>
                <Authenticated eager=true fallback=|| "waiting">
                    {
                        life.begin();
                        let secret = use_query::<_, String, _>("users:secret", ());
                        move || { if secret.get().is_some() { seen.set(true); } "children" }
                    }
                </Authenticated>
                <Unauthenticated>" rejected"</Unauthenticated>
            </ConvexProviderWithAuth>
        }
    });
    until("the children are built", || life.counts().0 > 0).await;
    until("the rejection ends the session", || {
        assert!(!page.text().contains("children"));
        page.text() == "waiting rejected"
    })
    .await;
    assert_eq!(life.counts(), (1, 1));
    assert!(!seen.get_untracked());
}

#[wasm_bindgen_test]
async fn required_can_be_the_clients_default_policy() {
    let fake = deployment();
    let options: ClientOptions = options(&fake).default_auth(AuthPolicy::Required);
    let client = ConvexClient::with_options(FakeDeployment::URL, options);
    let page = Page::show(move || {
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        let count = client.use_query_with::<_, f64, _>("items:count", (), AuthPolicy::Settled);
        move || format!("{:?} {:?}", me.get(), count.get())
    });
    page.until_text("None Some(Ok(0.0))").await;
    turns(5).await;
    assert_eq!(sent(&fake, "users:me"), 0);
}

#[wasm_bindgen_test]
async fn mutations_inside_authenticated_are_required() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let (inside, outside) = (StoredValue::new(None), StoredValue::new(None));
    let page = Page::show(move || {
        view! {
            <ConvexProviderWithAuth client auth>
                <Authenticated>
                    {inside.set_value(Some(use_mutation::<_, String>("items:put")))}
                    "in"
                </Authenticated>
                {outside.set_value(Some(use_mutation::<_, String>("items:put")))}
            </ConvexProviderWithAuth>
        }
    });
    page.until_text("in").await;
    let [inside, outside] =
        [inside, outside].map(|mutation| mutation.get_value().expect("the component was built"));
    let item = serde_json::json!({ "name": "a", "label": "one" });
    assert_eq!(inside.call(&item).await, Ok("one".to_owned()));
    client.sign_out();
    assert_eq!(inside.call(&item).await, Err(ConvexError::NotSent(NotSentReason::Unauthenticated)));
    assert_eq!(outside.call(&item).await, Ok("one".to_owned()));
}

/// A component's handle can outlive it, for example in a context.
#[wasm_bindgen_test]
async fn a_gate_with_a_disposed_handle_stays_or_shows_nothing() {
    let fake = deployment();
    let (client, component) = (client(&fake), Owner::new());
    let auth = component.with(|| client.use_auth().when(|| true));
    let page = Page::show(move || {
        view! {
            <ConvexProvider client>
                <AuthLoading auth>"L"</AuthLoading>
                <Unauthenticated auth>"U"</Unauthenticated>
                <AuthRefreshing auth>"R"</AuthRefreshing>
                <Authenticated auth eager=true>"A"</Authenticated>
                <Unauthenticated>"!"</Unauthenticated>
            </ConvexProvider>
        }
    });
    page.until_text("U!").await;
    component.cleanup();
    client.set_auth(TestProvider::signed_in(&fake, "ada"));
    // The gates no longer get updates.
    page.until_text("U").await;
    let later = Page::show(move || {
        view! {
            <ConvexProvider client>
                <Unauthenticated auth>"U"</Unauthenticated>
                <Authenticated auth eager=true>"A"</Authenticated>
                <Authenticated>"!"</Authenticated>
            </ConvexProvider>
        }
    });
    later.until_text("!").await;
}
