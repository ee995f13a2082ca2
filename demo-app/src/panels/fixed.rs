//! The panel without the race: this library's gate and default policy.

use super::{
    explanation::Explanation,
    layout::PanelLayout,
    organizations::{Invitation, Loading, Organizations},
};
use crate::{
    setup::DemoSetup,
    timeline::{RecordedAuth, RecordedDial, Screen},
};
use convex_leptos::{
    AuthLoading, AuthProvider, Authenticated, ClientOptions, ConvexClient, ConvexProviderWithAuth,
    Unauthenticated,
};
use leptos::prelude::*;

/// A client with the default policy: its queries wait for auth.
pub fn fixed_client(setup: &DemoSetup) -> ConvexClient {
    ConvexClient::with_options(
        &setup.deployment.url,
        ClientOptions::default().dial(RecordedDial(setup.fixed)),
    )
}

/// Gated by [`Authenticated`], which opens when the server has confirmed the token.
#[component]
pub fn FixedPanel(setup: DemoSetup, client: ConvexClient) -> impl IntoView {
    let recorder = setup.fixed;
    let screen = RwSignal::new(Screen::Loading);
    let eager = setup.eager;
    recorder.watch_session(setup.identity.session());
    let auth = RecordedAuth { provider: setup.identity, recorder };
    view! {
        <ConvexProviderWithAuth client auth>
            <PanelLayout
                id="fixed"
                title="Fixed"
                gist="Queries once the server knows the user."
                explanation=Explanation::Fixed { eager }
                recorder
                beside=setup.naive
                screen
            >
                <AuthLoading>
                    <Loading screen/>
                </AuthLoading>
                <Unauthenticated>
                    <Invitation screen/>
                </Unauthenticated>
                <Authenticated eager>
                    <Organizations screen/>
                </Authenticated>
            </PanelLayout>
        </ConvexProviderWithAuth>
    }
}
