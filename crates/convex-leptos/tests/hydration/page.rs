//! A page that a web server rendered: what it wrote into the page, and the hydration of it.

use crate::fixture::Page;
use convex_testkit_web::FakeDeployment;
use convex_web::sync::{
    Arguments, AuthPolicy, EncodedValue, FunctionError, FunctionPath, PageIdentity, PagePlace,
};
use hydration_context::{HydrateSharedContext, SharedContext};
use js_sys::{Array, Reflect, global};
use leptos::prelude::*;
use serde::Serialize;
use std::sync::Arc;
use wasm_bindgen::JsValue;

/// What a web server has written into the page.
#[derive(Clone)]
pub struct ServerPage {
    identity: PageIdentity,
    payloads: Vec<(PagePlace, String)>,
}

impl ServerPage {
    /// A page without identity: its app has no auth provider, or the server did not know who sent
    /// the request.
    pub fn without_identity() -> Self {
        Self { identity: PageIdentity::Anonymous, payloads: Vec::new() }
    }

    pub fn of_anonymous() -> Self {
        Self::of(PageIdentity::Anonymous)
    }

    /// The page of a user with this session key, which is also the subject of the tokens.
    pub fn of_user(fake: &FakeDeployment, user: &str) -> Self {
        Self::of(user_identity(fake, user))
    }

    pub fn of(identity: PageIdentity) -> Self {
        let place = PagePlace::of_identity(FakeDeployment::URL);
        Self { identity, payloads: vec![(place, place.write_identity(identity))] }
    }

    /// The value of a query with the policy `Settled`.
    pub fn with(self, path: &str, args: impl Serialize, value: impl Serialize) -> Self {
        self.with_policy(AuthPolicy::Settled, path, args, value)
    }

    pub fn with_policy(
        self,
        auth: AuthPolicy,
        path: &str,
        args: impl Serialize,
        value: impl Serialize,
    ) -> Self {
        let place = query_place(self.identity, auth, path, args);
        let value = EncodedValue::encode(&value).expect("the value can be encoded");
        self.with_payload(place, place.write_result(&Ok(value)))
    }

    /// The error of a query with the policy `Settled`.
    pub fn with_error(self, path: &str, args: impl Serialize, message: &str) -> Self {
        let place = query_place(self.identity, AuthPolicy::Settled, path, args);
        let error = FunctionError { message: message.into(), data: None };
        self.with_payload(place, place.write_result(&Err(error)))
    }

    pub fn with_payload(mut self, place: PagePlace, payload: impl Into<String>) -> Self {
        self.payloads.push((place, payload.into()));
        self
    }

    /// The page's payloads, for the next hydration.
    pub fn write(self) {
        fill(self.payloads);
    }

    /// Begins to hydrate the page.
    pub fn hydrate(self) -> Hydration {
        self.write();
        Hydration::new(HydrateSharedContext::new())
    }

    /// Begins to hydrate a page with islands. Leptos never reports that this is complete.
    pub fn hydrate_islands(self) -> Hydration {
        self.write();
        Hydration::new(HydrateSharedContext::new_islands())
    }
}

/// The identity of a user with this session key, which is also the subject of the tokens.
pub fn user_identity(fake: &FakeDeployment, user: &str) -> PageIdentity {
    PageIdentity::of_user(user, fake.token(user).expose())
}

pub fn query_place(identity: PageIdentity, auth: AuthPolicy, path: &str, args: impl Serialize) -> PagePlace {
    let path = FunctionPath::parse(path).expect("a valid path");
    let args = Arguments::encode(&args).expect("valid arguments").expect("not skipped");
    PagePlace::of_query(&path, &args, auth, identity)
}

/// A page that is being hydrated.
pub struct Hydration {
    context: Arc<HydrateSharedContext>,
    owner: Owner,
}

impl Hydration {
    fn new(context: HydrateSharedContext) -> Self {
        let context = Arc::new(context);
        let owner = Owner::new_root(Some(Arc::clone(&context) as _));
        Self { context, owner }
    }

    /// Creates something that belongs to the page, such as its client.
    pub fn with<T>(&self, create: impl FnOnce() -> T) -> T {
        self.owner.with(create)
    }

    pub fn show<V: IntoView + 'static>(&self, view: impl FnOnce() -> V + 'static) -> Page {
        self.with(|| Page::show(view))
    }

    /// Ends the hydration. The client notices it in a later microtask.
    pub fn complete(&self) {
        self.context.hydration_complete();
    }

    /// Hydrates an island, as the function of the macro `#[island]` does.
    pub fn hydrate_island<T: 'static>(&self, create: impl Fn() -> T + 'static) -> T {
        self.with(|| Owner::with_hydration(create))
    }

    /// Begins or ends the hydration of an island that is loaded lazily.
    pub fn set_island(&self, is_hydrating: bool) {
        self.context.set_is_hydrating(is_hydrating);
    }
}

/// Replaces the payloads in the page. Leptos reads the same arrays for as long as the page exists.
fn fill(payloads: Vec<(PagePlace, String)>) {
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
