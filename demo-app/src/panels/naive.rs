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
use convex_leptos::{AuthProvider, ClientOptions, ConvexClient, ConvexProviderWithAuth, QueryAuth, Session};
use leptos::prelude::*;

/// Gated by the session of the provider; its queries leave at once.
#[component]
pub fn NaivePanel(setup: Setup) -> impl IntoView {
    let recorder = setup.naive;
    let screen = RwSignal::new(Screen::Loading);
    let session = setup.identity.session();
    recorder.watch_session(session);
    let client = ConvexClient::with_options(
        &setup.deployment.url,
        ClientOptions::default().dial(RecordedDial(recorder)).default_auth(QueryAuth::Immediate),
    );
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
