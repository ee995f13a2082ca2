use super::*;
use convex_web::sync::{Dynamic, QueryArgs};
use leptos::prelude::*;
use serde_json::json;

#[derive(Clone, Serialize)]
struct Named {
    name: &'static str,
}

const ADA: Option<&str> = Some(r#"{"name":"ada"}"#);

fn json<A, M>(args: impl IntoQueryArgs<A, M>) -> Option<String> {
    args.read_query_args().expect("valid arguments").map(|args| args.as_json().to_owned())
}

fn dynamic<M>(args: impl IntoQueryArgs<Dynamic, M>) -> Option<String> {
    json(args)
}

fn typed<M>(args: impl IntoQueryArgs<Named, M>) -> Option<String> {
    json(args)
}

#[test]
fn values_are_dynamic_arguments() {
    assert_eq!(dynamic(()).as_deref(), Some("{}"));
    assert_eq!(dynamic(Skip), None);
    assert_eq!(dynamic(json!({ "b": 1, "a": "x" })).as_deref(), Some(r#"{"a":"x","b":1}"#));
    assert_eq!(dynamic([("b", 1), ("a", 2)]).as_deref(), Some(r#"{"a":2,"b":1}"#));
    assert_eq!(dynamic(QueryArgs::Args(json!({ "a": 1 }))).as_deref(), Some(r#"{"a":1}"#));
    assert_eq!(dynamic(QueryArgs::<()>::Skip), None);
}

#[test]
fn closures_and_signals_are_dynamic_arguments() {
    assert_eq!(dynamic(|| Named { name: "ada" }).as_deref(), ADA);
    assert_eq!(dynamic(|| Some(Named { name: "ada" })).as_deref(), ADA);
    assert_eq!(dynamic(|| None::<Named>), None);
    assert_eq!(dynamic(|| QueryArgs::Args(Named { name: "ada" })).as_deref(), ADA);
    assert_eq!(dynamic(|| [("name", "ada")]).as_deref(), ADA);
    assert_eq!(dynamic(|| Skip), None);
    let signal = ArcRwSignal::new(Named { name: "ada" });
    assert_eq!(dynamic(signal.clone()).as_deref(), ADA);
    assert_eq!(dynamic(signal.read_only()).as_deref(), ADA);
    assert_eq!(dynamic(ArcMemo::new(|_| None::<String>)), None);
    #[cfg(not(feature = "nightly"))]
    assert_eq!(dynamic(ArcSignal::<Named>::from(signal)).as_deref(), ADA);
    #[cfg(not(feature = "nightly"))]
    assert_eq!(dynamic(Named { name: "ada" }).as_deref(), ADA);
}

#[test]
fn typed_arguments_are_values_options_closures_and_signals() {
    assert_eq!(typed(Named { name: "ada" }).as_deref(), ADA);
    assert_eq!(typed(Some(Named { name: "ada" })).as_deref(), ADA);
    assert_eq!(typed(None), None);
    assert_eq!(typed(Skip), None);
    assert_eq!(typed(QueryArgs::Args(Named { name: "ada" })).as_deref(), ADA);
    assert_eq!(typed(|| Named { name: "ada" }).as_deref(), ADA);
    assert_eq!(typed(|| Some(Named { name: "ada" })).as_deref(), ADA);
    let signal = ArcRwSignal::new(Named { name: "ada" });
    assert_eq!(typed(signal.clone()).as_deref(), ADA);
    assert_eq!(typed(signal.read_only()).as_deref(), ADA);
    assert_eq!(typed(ArcRwSignal::new(None::<Named>)), None);
    #[cfg(not(feature = "nightly"))]
    assert_eq!(typed(ArcSignal::<Named>::from(signal)).as_deref(), ADA);
}

#[test]
fn arguments_that_are_no_object_are_errors() {
    fn is_error<M>(args: impl IntoQueryArgs<Dynamic, M>) -> bool {
        args.read_query_args().is_err()
    }
    assert!(is_error(json!([1])));
    assert!(is_error([("$bad", 1)]));
    assert!(is_error(|| 5));
}

#[test]
fn signals_keep_their_own_methods_beside_this_trait() {
    assert_eq!(*ArcRwSignal::new("left".to_owned()).read(), "left");
}
