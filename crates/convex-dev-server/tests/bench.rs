//! The functions of the benchmark.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use reqwest::Method;
use serde_json::{Value as Json, json};
use support::Setup;

async fn call(setup: &Setup, kind: &str, path: &str, args: Json) -> Json {
    let body = json!({ "path": path, "args": args, "format": "convex_encoded_json" });
    let request = setup.request(Method::POST, &format!("/api/{kind}")).json(&body);
    let answer: Json = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], "success", "{answer}");
    answer["value"].clone()
}

async fn cell(setup: &Setup, i: u32) -> Json {
    call(setup, "query", "bench:cell", json!({ "i": i })).await
}

#[tokio::test]
async fn a_cell_is_set_and_incremented_on_its_own() {
    let setup = Setup::new().await;
    assert_eq!(cell(&setup, 1).await, 0.0);
    call(&setup, "mutation", "bench:setCells", json!({ "n": 3, "value": 7 })).await;
    call(&setup, "mutation", "bench:setCell", json!({ "i": 1, "value": 8 })).await;
    call(&setup, "mutation", "bench:increment", json!({ "i": 1 })).await;
    let cells = [cell(&setup, 0).await, cell(&setup, 1).await, cell(&setup, 2).await, cell(&setup, 3).await];
    assert_eq!(cells, [7.0, 9.0, 7.0, 0.0]);
}

async fn documents(setup: &Setup) -> Vec<Json> {
    call(setup, "query", "bench:documents", json!({})).await.as_array().unwrap().clone()
}

#[tokio::test]
async fn replaced_documents_keep_their_ids() {
    let setup = Setup::new().await;
    call(&setup, "mutation", "bench:setDocuments", json!({ "n": 5000, "generation": 1 })).await;
    let first = documents(&setup).await;
    let bytes = Json::from(first.clone()).to_string().len();
    assert!((900_000..1_200_000).contains(&bytes), "a megabyte, not {bytes} bytes");

    call(&setup, "mutation", "bench:setDocuments", json!({ "n": 2, "generation": 2 })).await;
    call(&setup, "mutation", "bench:setDocument", json!({ "index": 1, "generation": 3 })).await;
    let second = documents(&setup).await;
    let titles: Vec<_> = second.iter().map(|document| &document["title"]).collect();
    assert_eq!(titles, ["Document 0, as of 2", "Document 1, as of 3"]);
    assert_eq!([&second[0]["_id"], &second[1]["_id"]], [&first[0]["_id"], &first[1]["_id"]]);
}
