//! The children of `<Authenticated>` are rebuilt at an identity change, and only then.

use crate::fixture::{Page, client, deployment};
use convex_leptos::{
    Authenticated, ConvexClient, ConvexProviderWithAuth, Session, TokenRequest, UseConvexAuth, auth_fn,
    use_convex_auth,
};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// A provider with separate signals for its session and its tokens' subject.
#[derive(Clone, Copy)]
struct SubjectProvider {
    session: RwSignal<Session>,
    subject: RwSignal<&'static str>,
    fetches: StoredValue<usize>,
}

/// The kinds of gates.
#[derive(Debug, Clone, Copy)]
enum Gate {
    Plain,
    Eager,
    /// A gate with a condition that is always true.
    When,
    EagerWhen,
}

const GATES: [Gate; 4] = [Gate::Plain, Gate::Eager, Gate::When, Gate::EagerWhen];

impl Gate {
    fn is_eager(self) -> bool {
        matches!(self, Self::Eager | Self::EagerWhen)
    }

    fn auth(self) -> UseConvexAuth {
        match self {
            Self::Plain | Self::Eager => use_convex_auth(),
            Self::When | Self::EagerWhen => use_convex_auth().when(|| true),
        }
    }
}

impl SubjectProvider {
    fn signed_in(subject: &'static str) -> Self {
        Self {
            session: RwSignal::new(Session::signed_in("key")),
            subject: RwSignal::new(subject),
            fetches: StoredValue::new(0),
        }
    }

    /// A page with a gate of this client, and the number of times that its children were built.
    fn page(self, fake: &FakeDeployment, client: ConvexClient, gate: Gate) -> (Page, StoredValue<usize>) {
        let (tokens, builds) = (StoredValue::new_local(fake.clone()), StoredValue::new(0));
        let auth = auth_fn(
            move || self.session.get(),
            move |TokenRequest { .. }| async move {
                self.fetches.update_value(|fetches| *fetches += 1);
                let subject = self.subject.get_untracked();
                Ok(tokens.try_with_value(|fake| fake.token(subject).expose().to_owned()))
            },
        );
        let page = Page::show(move || {
            view! {
                <ConvexProviderWithAuth client auth>
                    {move || {
                        view! {
                            <Authenticated eager=gate.is_eager() auth=gate.auth() fallback=|| "-">
                                {
                                    builds.update_value(|builds| *builds += 1);
                                    builds.get_value()
                                }
                            </Authenticated>
                        }
                    }}
                </ConvexProviderWithAuth>
            }
        });
        (page, builds)
    }
}

/// docs/auth.md §4, line 12.
#[wasm_bindgen_test]
async fn a_provider_that_loads_again_keeps_the_children() {
    for gate in GATES {
        let fake = deployment();
        let client = client(&fake);
        let provider = SubjectProvider::signed_in("ada");
        let (page, builds) = provider.page(&fake, client, gate);
        page.until_text("1").await;
        for session in [Session::Loading, Session::signed_in("key"), Session::Loading] {
            provider.session.set(session);
            turns(5).await;
            assert_eq!((page.text().as_str(), builds.get_value()), ("1", 1), "{gate:?}");
        }
        client.reauthenticate();
        until("the token was replaced", || provider.fetches.get_value() == 2).await;
        turns(5).await;
        assert_eq!((page.text().as_str(), builds.get_value()), ("1", 1), "{gate:?}");
    }
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn a_token_of_another_subject_rebuilds_the_children() {
    for gate in GATES {
        let fake = deployment();
        let client = client(&fake);
        let provider = SubjectProvider::signed_in("ada");
        let (page, _) = provider.page(&fake, client, gate);
        page.until_text("1").await;
        provider.subject.set("bob");
        client.reauthenticate();
        page.until_text("2").await;
        assert_eq!(client.claims().and_then(|claims| claims.subject).as_deref(), Some("bob"), "{gate:?}");
    }
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn hidden_children_are_rebuilt_for_a_token_of_another_subject() {
    for gate in [Gate::Eager, Gate::EagerWhen] {
        let fake = deployment();
        fake.pause_delivery();
        let client = client(&fake);
        let provider = SubjectProvider::signed_in("ada");
        let (page, builds) = provider.page(&fake, client, gate);
        let subject = |expected: &str| {
            client.claims().and_then(|claims| claims.subject).is_some_and(|subject| subject == expected)
        };
        until("ada's token is in use", || subject("ada")).await;
        assert_eq!((page.text().as_str(), builds.get_value()), ("-", 1));
        provider.subject.set("bob");
        client.reauthenticate();
        until("bob's token is in use", || subject("bob")).await;
        fake.resume_delivery();
        page.until_text("2").await;
    }
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn a_sign_out_and_sign_in_within_one_tick_rebuilds_the_children() {
    for gate in GATES {
        let fake = deployment();
        let client = client(&fake);
        let provider = SubjectProvider::signed_in("ada");
        let (page, _) = provider.page(&fake, client, gate);
        page.until_text("1").await;
        client.sign_out();
        client.reauthenticate();
        page.until_text("2").await;
        provider.session.set(Session::SignedOut);
        provider.session.set(Session::signed_in("key"));
        page.until_text("3").await;
        turns(5).await;
        assert_eq!(page.text(), "3", "{gate:?}");
    }
}
