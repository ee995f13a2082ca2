//! The web server of the page, with the environment of `examples/ssr`.

#[path = "../../../examples/ssr/src/auth_proxy.rs"]
mod auth_proxy;

use auth_proxy::AuthService;
use axum::{Router, routing::any};
use convex_leptos::{BetterAuthRequests, ConvexRequestLayer};
use islands_page::{Page, shell};
use leptos::config::get_configuration;
use leptos_axum::{LeptosRoutes, file_and_error_handler, generate_route_list};
use std::{env, error::Error};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let site_url = env::var("CONVEX_SITE_URL")?;
    let options = get_configuration(None)?.leptos_options;
    let listener = TcpListener::bind(options.site_addr).await?;
    // Without a router, the app has the route `/`.
    let routes = generate_route_list(Page);
    let app = Router::new()
        .leptos_routes(&options, routes, {
            let options = options.clone();
            move || shell(options.clone())
        })
        .layer(ConvexRequestLayer::new(BetterAuthRequests::new(&site_url)))
        .fallback(file_and_error_handler(shell))
        .with_state(options);
    let service = AuthService::new(&site_url)?;
    let auth = Router::new().route("/api/auth/{*path}", any(auth_proxy::forward)).with_state(service);
    println!("The page of islands is at http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app.merge(auth)).await?)
}
