//! The web server: renders the app with axum, and forwards `/api/auth` to Better Auth.
//!
//! `CONVEX_URL` names the deployment, and `CONVEX_SITE_URL` the origin of its Better Auth service.

mod auth_proxy;

use auth_proxy::AuthService;
use axum::{Router, routing::any};
use convex_leptos::{BetterAuthRequests, ConvexRequestLayer};
use example_ssr::app::{App, CONVEX_URL, shell};
use leptos::config::get_configuration;
use leptos_axum::{LeptosRoutes, file_and_error_handler, generate_route_list};
use std::{env, error::Error};
use tokio::net::TcpListener;

const CONVEX_SITE_URL: &str = "CONVEX_SITE_URL";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    required(CONVEX_URL)?;
    let site_url = required(CONVEX_SITE_URL)?;
    let options = get_configuration(None)?.leptos_options;
    let listener = TcpListener::bind(options.site_addr).await?;
    let routes = generate_route_list(App);
    let app = Router::new()
        .leptos_routes(&options, routes, {
            let options = options.clone();
            move || shell(options.clone())
        })
        // Determines the user of each request: the page is rendered as that user.
        .layer(ConvexRequestLayer::new(BetterAuthRequests::new(&site_url)))
        .fallback(file_and_error_handler(shell))
        .with_state(options);
    let auth = Router::new()
        .route("/api/auth/{*path}", any(auth_proxy::forward))
        .with_state(AuthService::new(&site_url)?);
    println!("The notice board is at http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app.merge(auth)).await?)
}

fn required(variable: &str) -> Result<String, String> {
    env::var(variable).map_err(|_| {
        format!("{variable} is not set; see the README, or run `cargo xtask example ssr`, which sets it")
    })
}
