//! The tests' fixture: a fake deployment, clients of it, and mounted views.

use convex_leptos::{ClientOptions, ConvexClient};
use convex_testkit_web::{
    FakeDeployment,
    testkit::{Functions, Object, Value, object},
};
use leptos::{mount::UnmountHandle, prelude::*};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A deployment with a few functions on a table `items` of `{ name, label }`, and a slow action.
pub fn deployment() -> FakeDeployment {
    let functions = Functions::new()
        .query("items:list", |ctx, _| Ok(Value::from(ctx.db().query("items").collect())))
        .query("items:label", |ctx, args| {
            let name = args.string("name")?;
            let item = ctx.db().query("items").eq("name", name).first();
            Ok(item.and_then(|item| item.get("label").cloned()).unwrap_or(Value::Null))
        })
        .query("items:count", |ctx, _| Ok(Value::from(ctx.db().query("items").collect().len() as f64)))
        .query("users:me", |ctx, _| Ok(Value::from(ctx.identity().map(|me| me.subject.clone()))))
        .query("users:secret", |ctx, _| match ctx.identity() {
            Some(me) => Ok(Value::from(format!("the secret of {}", me.subject))),
            None => {
                Err(convex_testkit_web::testkit::FunctionError::thrown("Unauthorized: No identity found"))
            }
        })
        .query("items:check", |ctx, _| {
            let broken = ctx.db().query("items").eq("name", "broken").first().is_some();
            if broken {
                Err(convex_testkit_web::testkit::FunctionError::thrown("it is broken"))
            } else {
                Ok(Value::from("it works"))
            }
        })
        .mutation("items:put", |ctx, args| {
            let (name, label) = (args.string("name")?, args.string("label")?);
            let known = ctx.db().query("items").eq("name", name).first();
            match known.as_ref().and_then(|item| item["_id"].as_str()) {
                Some(id) => ctx.db().patch(id, object! { "label" => label })?,
                None => drop(ctx.db().insert("items", item(name, label))),
            }
            Ok(Value::from(label))
        })
        .mutation("users:store", |ctx, _| {
            if ctx.db().query("items").eq("name", "full").first().is_some() {
                return Err(convex_testkit_web::testkit::FunctionError::thrown("the table is full"));
            }
            let me = ctx.identity().map(|me| me.subject.clone()).unwrap_or_default();
            ctx.db().insert("users", object! { "name" => me });
            Ok(Value::Null)
        })
        .query("users:known", |ctx, _| {
            let me = ctx.identity().map(|me| me.subject.clone()).unwrap_or_default();
            let known = ctx.db().query("users").eq("name", me).first();
            Ok(known.map_or(Value::Null, |user| user["name"].clone()))
        })
        .mutation("items:fail", |_, _| {
            Err(convex_testkit_web::testkit::FunctionError::thrown("always fails"))
        })
        .action("echo:late", |ctx, args| {
            ctx.delay(Duration::from_millis(args.number("ms")? as u64));
            Ok(Value::from(args.string("text")?))
        });
    FakeDeployment::new(functions)
}

fn item(name: &str, label: &str) -> Object {
    object! { "name" => name, "label" => label }
}

/// Sets the labels of these items in one transaction.
pub fn put(fake: &FakeDeployment, items: &[(&str, &str)]) {
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            for (name, label) in items {
                let known = db.query("items").eq("name", *name).first();
                match known.as_ref().and_then(|item| item["_id"].as_str()) {
                    Some(id) => db.patch(id, object! { "label" => *label }).expect("the item exists"),
                    None => drop(db.insert("items", item(name, label))),
                }
            }
        });
    });
}

pub fn client(fake: &FakeDeployment) -> ConvexClient {
    ConvexClient::with_options(FakeDeployment::URL, options(fake))
}

pub fn options(fake: &FakeDeployment) -> ClientOptions {
    ClientOptions::default().dial(fake.clone())
}

/// The number of runs of a function.
pub fn ran(fake: &FakeDeployment, path: &str) -> usize {
    fake.deployment(|deployment, _| deployment.executions().iter().filter(|run| run.path == path).count())
}

/// Breaks all sockets.
pub fn restart(fake: &FakeDeployment) {
    fake.deployment(|deployment, now| deployment.restart(now));
}

/// The number of matches of `pattern` in the frames that clients sent.
pub fn sent(fake: &FakeDeployment, pattern: &str) -> usize {
    fake.sent().iter().map(|frame| frame.matches(pattern).count()).sum()
}

/// A mounted view. Dropping it unmounts the view.
pub struct Page {
    element: HtmlElement,
    unmount: Option<Box<dyn FnOnce()>>,
}

impl Page {
    pub fn show<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> Self {
        let document = web_sys::window().and_then(|window| window.document()).expect("tests run in a page");
        let element: HtmlElement = document.create_element("main").expect("a valid name").unchecked_into();
        document.body().expect("a page has a body").append_child(&element).expect("the body takes elements");
        let handle: UnmountHandle<_> = mount_to(element.clone(), view);
        Self { element, unmount: Some(Box::new(move || drop(handle))) }
    }

    pub fn text(&self) -> String {
        self.element.text_content().unwrap_or_default()
    }

    pub fn find(&self, selector: &str) -> Option<Element> {
        self.element.query_selector(selector).expect("a valid selector")
    }

    /// The texts of all elements that match.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let nodes = self.element.query_selector_all(selector).expect("a valid selector");
        (0..nodes.length()).filter_map(|at| nodes.get(at)?.text_content()).collect()
    }

    pub async fn until_text(&self, text: &str) {
        let start = js_sys::Date::now();
        while self.text() != text {
            assert!(
                js_sys::Date::now() - start < 10_000.0,
                "timed out: expected the page's text {text:?}, found {:?}",
                self.text()
            );
            convex_testkit_web::turns(1).await;
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(unmount) = self.unmount.take() {
            unmount();
        }
        self.element.remove();
    }
}
