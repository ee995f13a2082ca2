//! The early start in the head of a rendered document, and its hash for a Content-Security-Policy.

use crate::page::{SsrMode, render};
use base64::{Engine, prelude::BASE64_STANDARD};
use convex_leptos::{EARLY_START_SCRIPT, EarlyStart, RequestIdentity};
use leptos::prelude::*;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn the_head_has_the_configuration_and_the_script_unchanged() {
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, || {
        view! { <EarlyStart url="https://a.test/?x=\"" requests="/session /token"/> }
    })
    .await;
    let meta = r#"<meta name="convex-early-start" content="https://a.test/?x=&quot; /session /token">"#;
    let script = format!("{meta}<script>{EARLY_START_SCRIPT}</script>");
    assert!(page.html.starts_with(&script), "{}", page.html);
}

#[test]
fn the_guide_has_the_hash_of_the_script() {
    let hash = BASE64_STANDARD.encode(Sha256::digest(EARLY_START_SCRIPT));
    let guide = include_str!("../../src/guide/early_start.md");
    assert!(guide.contains(&format!("| inline | `'sha256-{hash}'` |")), "the script's hash is {hash}");
}
