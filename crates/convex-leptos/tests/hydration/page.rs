//! The data that a web server has written into the page.

use convex_web::sync::{PageIdentity, PagePlace};
use hydration_context::HydrateSharedContext;
use js_sys::{Array, Reflect, global};
use std::sync::Arc;
use wasm_bindgen::JsValue;

/// A page that is being hydrated, with these payloads.
pub fn hydrating_page(payloads: impl IntoIterator<Item = (PagePlace, String)>) -> Arc<HydrateSharedContext> {
    fill(payloads);
    Arc::new(HydrateSharedContext::new())
}

/// A page whose islands are being hydrated, with these payloads.
pub fn page_of_islands(payloads: impl IntoIterator<Item = (PagePlace, String)>) -> Arc<HydrateSharedContext> {
    fill(payloads);
    Arc::new(HydrateSharedContext::new_islands())
}

/// The payload of the identity that the page was rendered for.
pub fn identity(url: &str, identity: PageIdentity) -> (PagePlace, String) {
    let place = PagePlace::of_identity(url);
    (place, place.write_identity(identity))
}

/// Replaces the payloads in the page. Leptos reads the same arrays for as long as the page exists.
fn fill(payloads: impl IntoIterator<Item = (PagePlace, String)>) {
    for name in ["__RESOLVED_RESOURCES", "__SERIALIZED_ERRORS", "__INCOMPLETE_CHUNKS"] {
        let array = Reflect::get(&global(), &name.into()).expect("a global");
        if array.is_undefined() {
            Reflect::set(&global(), &name.into(), &Array::new()).expect("a new global");
        }
    }
    let resolved = Reflect::get(&global(), &"__RESOLVED_RESOURCES".into()).expect("it was just set");
    let resolved: Array = resolved.into();
    // A sparse array: `set_length` would be slow for ids of more than 2^31.
    for key in js_sys::Object::keys(&resolved) {
        Reflect::delete_property(&resolved, &key).expect("an entry");
    }
    for (place, payload) in payloads {
        let id = u32::try_from(place.id()).expect("ids have 32 bits");
        resolved.set(id, JsValue::from(payload));
    }
}
