//! The early start: a script in the page's head that dials and sends requests while the WebAssembly
//! loads.

use leptos::{nonce::use_nonce, prelude::*};

/// The script of the early start. The [guide](crate::guide::early_start) shows how a page includes
/// it; [`<EarlyStart>`](EarlyStart()) renders it.
///
/// ```
/// // Writes the file that the page of a Trunk project includes.
/// # let dir = std::env::temp_dir();
/// std::fs::write(dir.join("early_start.js"), convex_leptos::EARLY_START_SCRIPT)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub const EARLY_START_SCRIPT: &str = include_str!("../js/early_start.js");

/// Renders the early start into the `<head>` of a document that a web server renders, with its
/// script inline. With Leptos's feature `nonce`, the script has the nonce of the response.
///
/// ```
/// # /*
/// use leptos_meta::MetaTags;
/// # */
/// # #[leptos::component] fn MetaTags() -> impl leptos::prelude::IntoView {}
/// use convex_leptos::EarlyStart;
/// use leptos::prelude::*;
///
/// pub fn shell(options: LeptosOptions) -> impl IntoView {
///     view! {
///         <!DOCTYPE html>
///         <html lang="en">
///             <head>
///                 <meta charset="utf-8"/>
///                 <EarlyStart
///                     url="https://happy-animal-123.convex.cloud"
///                     requests="/api/auth/get-session /api/auth/convex/token"
///                 />
///                 <HydrationScripts options/>
///                 <MetaTags/>
///             </head>
///             <body></body>
///         </html>
///     }
/// }
/// ```
#[component]
pub fn EarlyStart(
    /// The URL of the deployment, as the client gets it. `/` is the page's own origin.
    #[prop(into)]
    url: String,
    /// The URLs of GET requests to send, separated by spaces: for Better Auth,
    /// `/api/auth/get-session /api/auth/convex/token`.
    #[prop(optional, into)]
    requests: String,
) -> impl IntoView {
    view! {
        <meta name="convex-early-start" content=format!("{url} {requests}")/>
        <script nonce=use_nonce() inner_html=EARLY_START_SCRIPT></script>
    }
}
