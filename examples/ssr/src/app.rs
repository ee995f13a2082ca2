//! The document, the providers and the routes.

use crate::{
    board::Board,
    header::Header,
    organizations::{Organization, Organizations},
    sign_in::SignInPage,
};
use convex_leptos::{BetterAuth, ConvexProviderWithAuth};
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// The environment variable with the deployment's URL.
pub const CONVEX_URL: &str = "CONVEX_URL";

/// The deployment's URL. Only the server knows it; it passes it to the browser.
pub fn deployment_url() -> String {
    std::env::var(CONVEX_URL).unwrap_or_default()
}

/// The document around the app. Only the server renders it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg"/>
                <link rel="stylesheet" href=options.css_path()/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The app, on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    // The browser gets the value in the page.
    let url = SharedValue::new(deployment_url).into_inner();
    view! { <NoticeBoard url/> }
}

/// The app with its deployment's URL. The benchmark also renders it in the browser only.
#[component]
pub fn NoticeBoard(url: String) -> impl IntoView {
    provide_meta_context();
    // The server forwards `/api/auth` to Better Auth.
    let auth = BetterAuth::new("");
    let board = move || view! { <Board auth/> };
    view! {
        <Title formatter=|title| format!("{title} · Notice board")/>
        <ConvexProviderWithAuth url auth>
            <Router>
                <Header auth/>
                <main>
                    <Routes fallback=NotFound>
                        // The three modes in which Leptos streams a page. The first is the default.
                        <Route path=path!("/") view=board ssr=SsrMode::OutOfOrder/>
                        <Route path=path!("/in-order") view=board ssr=SsrMode::InOrder/>
                        <Route path=path!("/async") view=board ssr=SsrMode::Async/>
                        <Route
                            path=path!("/organizations")
                            view=move || view! { <Organizations auth/> }
                            ssr=SsrMode::InOrder
                        />
                        <Route
                            path=path!("/organizations/:id")
                            view=move || view! { <Organization auth/> }
                            ssr=SsrMode::InOrder
                        />
                        <Route path=path!("/sign-in") view=move || view! { <SignInPage auth/> }/>
                    </Routes>
                </main>
            </Router>
        </ConvexProviderWithAuth>
    }
}

#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found"/>
        <h1>"Not found"</h1>
        <p class="quiet">"There is nothing at this address, or nothing that you may see."</p>
    }
}
