//! The panel that races, as clients do that trust the session of their provider.

use super::{
    explanation::Explanation,
    frame::PanelFrame,
    organizations::{Invitation, Loading, Organizations},
};
use crate::{
    setup::Setup,
    timeline::{RecordedAuth, RecordedDial, Recorder, Screen},
};
use convex_leptos::{AuthProvider, ClientOptions, ConvexClient, ConvexProviderWithAuth, QueryAuth, Session};
use leptos::prelude::*;

/// Gated by the session of the provider; its queries leave at once.
#[component]
pub fn NaivePanel(setup: Setup) -> impl IntoView {
    let recorder = Recorder::new(setup.origin);
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
                gist="Asks as soon as the cookie says that somebody is signed in."
                explanation=Explanation::Naive
                recorder
                screen
            >
                {move || match session.get() {
                    Session::Loading => view! { <Loading/> }.into_any(),
                    Session::SignedOut => view! { <Invitation screen/> }.into_any(),
                    Session::SignedIn { .. } => view! { <Organizations screen/> }.into_any(),
                }}
            </PanelFrame>
        </ConvexProviderWithAuth>
    }
}
