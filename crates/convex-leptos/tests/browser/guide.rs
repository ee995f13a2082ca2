//! The example of the guide to testing.

use convex_leptos::{ClientOptions, ConvexClient, ConvexProvider, ForEach, use_query};
use convex_testkit_web::{
    FakeDeployment,
    testkit::{Functions, Value, object},
    until,
};
use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

#[component]
fn Names() -> impl IntoView {
    let names = use_query::<_, Vec<String>, _>("users:names", ());
    view! {
        <ul>
            <ForEach each=names key=String::clone let:name>
                <li>{name}</li>
            </ForEach>
        </ul>
    }
}

#[wasm_bindgen_test]
async fn the_list_shows_a_new_user() {
    let fake = FakeDeployment::new(Functions::new().query("users:names", |ctx, _| {
        let users = ctx.db().query("users").collect();
        Ok(Value::Array(users.iter().map(|user| user["name"].clone()).collect()))
    }));
    let client = ConvexClient::with_options(FakeDeployment::URL, ClientOptions::default().dial(fake.clone()));
    let container: web_sys::HtmlElement =
        document().create_element("div").expect("a valid name").unchecked_into();
    let app = move || view! { <ConvexProvider client><Names/></ConvexProvider> };
    let _mounted = mount_to(container.clone(), app);

    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| drop(db.insert("users", object! { "name" => "Ada" })));
    });

    until("Ada is shown", || container.text_content().as_deref() == Some("Ada")).await;
}
