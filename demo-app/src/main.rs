//! The hard-refresh race and its fix, side by side.

mod app;
mod browser;
mod controls;
mod deployment;
mod panels;
mod setup;
mod timeline;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
