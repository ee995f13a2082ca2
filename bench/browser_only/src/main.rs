//! The app of `examples/ssr`, rendered in the browser only.

use example_ssr::app::NoticeBoard;
use leptos::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    mount_to_body(|| view! { <NoticeBoard url=deployment_url()/> });
}

/// The deployment's URL. The site's server has written it into the page.
fn deployment_url() -> String {
    let meta = document().query_selector("meta[name=convex-url]").ok().flatten();
    meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default()
}
