//! Server-side rendering with a deployment: what the HTML contains, what runs as whom, and what the
//! page tells the browser.

mod auth;
mod deployment;
mod early_start;
mod failures;
mod page;
mod policies;
mod queries;
mod secrets;
