//! What both panels look like.

use super::{explanation::Explanation, messages::Messages, states::States, trace::Trace};
use crate::timeline::{Recorder, Screen, TimelineFigure};
use convex_leptos::use_convex;
use leptos::prelude::*;

/// The frame of a panel; `children` is the app that a visitor of it would see. It stands inside of
/// the panel's provider.
///
/// The children report what they show to `screen`.
#[component]
pub fn PanelFrame(
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
            <Trace recorder/>
            <TimelineFigure recorder beside name=title/>
            <Messages/>
            {explanation.what_happens()}
            {explanation.code()}
        </section>
    }
}
