//! The panel that cannot race: the gate and the default policy of this library.

use super::{
    explanation::Explanation,
    frame::PanelFrame,
    organizations::{Invitation, Loading, Organizations},
};
use crate::{
    setup::Setup,
    timeline::{RecordedAuth, RecordedDial, Screen},
};
use convex_leptos::{
    AuthLoading, AuthProvider, Authenticated, ClientOptions, ConvexClient, ConvexProviderWithAuth,
    Unauthenticated,
};
use leptos::prelude::*;

/// A client as it is by default: its queries wait for auth.
pub fn fixed_client(setup: &Setup) -> ConvexClient {
    ConvexClient::with_options(
        &setup.deployment.url,
        ClientOptions::default().dial(RecordedDial(setup.fixed)),
    )
}

/// Gated by [`Authenticated`], which opens when the server has confirmed the token.
#[component]
pub fn FixedPanel(setup: Setup, client: ConvexClient) -> impl IntoView {
    let recorder = setup.fixed;
    let screen = RwSignal::new(Screen::Loading);
    let eager = setup.eager;
    recorder.watch_session(setup.identity.session());
    let auth = RecordedAuth { provider: setup.identity, recorder };
    view! {
        <ConvexProviderWithAuth client auth>
            <PanelFrame
                id="fixed"
                title="Fixed"
                gist="Asks when the server knows who is asking."
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
            </PanelFrame>
        </ConvexProviderWithAuth>
    }
}
