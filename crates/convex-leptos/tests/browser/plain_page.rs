//! An app that hydrates a page without the feature `hydrate`.

use crate::{
    console::Console,
    fixture::{client, deployment},
};
use hydration_context::{HydrateSharedContext, SharedContext};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen_test::wasm_bindgen_test;

fn reports(console: &Console) -> usize {
    console.warnings().iter().filter(|warning| warning.contains("enable its feature `hydrate`")).count()
}

#[wasm_bindgen_test]
async fn hydration_without_the_feature_is_reported() {
    let (fake, console) = (deployment(), Console::record());
    client(&fake);
    assert_eq!(reports(&console), 0, "a page that is rendered in the browser");
    let context = Arc::new(HydrateSharedContext::new());
    let owner = Owner::new_root(Some(Arc::clone(&context) as _));
    owner.with(|| client(&fake));
    assert_eq!(reports(&console), 1, "{:?}", console.warnings());
    context.hydration_complete();
    owner.with(|| client(&fake));
    assert_eq!(reports(&console), 1, "{:?}", console.warnings());
}
