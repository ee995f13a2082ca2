//! The panel that races, as clients do that trust the session of their provider.

use super::{
    explanation::Explanation,
    frame::PanelFrame,
    organizations::{Invitation, Loading, Organizations},
};
use crate::{
    setup::Setup,
    timeline::{RecordedAuth, RecordedDial, Screen},
};
use convex_leptos::{AuthPolicy, AuthProvider, ClientOptions, ConvexClient, ConvexProviderWithAuth, Session};
use leptos::prelude::*;

/// A client whose queries leave at once.
pub fn naive_client(setup: &Setup) -> ConvexClient {
    let options = ClientOptions::default().dial(RecordedDial(setup.naive));
    ConvexClient::with_options(&setup.deployment.url, options.default_auth(AuthPolicy::Immediate))
}

/// Gated by the session of the provider.
#[component]
pub fn NaivePanel(setup: Setup, client: ConvexClient) -> impl IntoView {
    let recorder = setup.naive;
    let screen = RwSignal::new(Screen::Loading);
    let session = setup.identity.session();
    recorder.watch_session(session);
    let auth = RecordedAuth { provider: setup.identity, recorder };
    view! {
        <ConvexProviderWithAuth client auth>
            <PanelFrame
                id="naive"
                title="Naive"
                gist="Asks before the server knows who is asking."
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
            </PanelFrame>
        </ConvexProviderWithAuth>
    }
}
