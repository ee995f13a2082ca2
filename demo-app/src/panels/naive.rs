//! The panel with the race of clients that trust their provider's session.

use super::{
    explanation::Explanation,
    layout::PanelLayout,
    organizations::{Invitation, Loading, Organizations},
};
use crate::{
    setup::DemoSetup,
    timeline::{RecordedAuth, RecordedDial, Screen},
};
use convex_leptos::{AuthPolicy, AuthProvider, ClientOptions, ConvexClient, ConvexProviderWithAuth, Session};
use leptos::prelude::*;

/// A client that sends queries without waiting for auth.
pub fn naive_client(setup: &DemoSetup) -> ConvexClient {
    let options = ClientOptions::default().dial(RecordedDial(setup.naive));
    ConvexClient::with_options(&setup.deployment.url, options.default_auth(AuthPolicy::Immediate))
}

/// Gated by the provider's session.
#[component]
pub fn NaivePanel(setup: DemoSetup, client: ConvexClient) -> impl IntoView {
    let recorder = setup.naive;
    let screen = RwSignal::new(Screen::Loading);
    let session = setup.identity.session();
    recorder.watch_session(session);
    let auth = RecordedAuth { provider: setup.identity, recorder };
    view! {
        <ConvexProviderWithAuth client auth>
            <PanelLayout
                id="naive"
                title="Naive"
                gist="Queries before the server knows the user."
                explanation=Explanation::Naive
                recorder
                beside=setup.fixed
                screen
            >
                {move || match session.get() {
                    Session::Loading => view! { <Loading screen/> }.into_any(),
                    Session::SignedOut => view! { <Invitation screen/> }.into_any(),
                    Session::SignedIn { .. } => view! { <Organizations screen/> }.into_any(),
                }}
            </PanelLayout>
        </ConvexProviderWithAuth>
    }
}
