//! The layout of both panels.

use super::{explanation::Explanation, messages::Messages, states::States, verdict::VerdictLine};
use crate::timeline::{Recorder, Screen, TimelineFigure};
use convex_leptos::use_convex;
use leptos::prelude::*;

/// A panel: headings, states, timeline and explanation around `children`, the app under test.
///
/// Must be inside the panel's provider. The children report their content to `screen`.
#[component]
pub fn PanelLayout(
    id: &'static str,
    title: &'static str,
    gist: &'static str,
    explanation: Explanation,
    recorder: Recorder,
    beside: Recorder,
    screen: RwSignal<Screen>,
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-heading");
    recorder.watch_screen(screen.into());
    view! {
        <section class=format!("panel {id}") data-testid=id aria-labelledby=heading>
            <header class="panel-head">
                <div>
                    <h2 id=heading.clone()>{title}</h2>
                    <p class="gist">{gist}</p>
                </div>
                <States client=use_convex()/>
            </header>
            <div class="stage" data-screen=move || screen.get().to_string()>
                {children()}
            </div>
            <VerdictLine recorder/>
            <TimelineFigure recorder beside name=title/>
            <Messages/>
            {explanation.behaviour()}
            {explanation.code()}
        </section>
    }
}
