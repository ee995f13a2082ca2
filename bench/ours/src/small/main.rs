//! The small app.

mod app;
mod session;

use leptos::prelude::*;

use crate::app::App;

/// Whether the queries behind the gate start before the deployment has confirmed the user.
const EAGER: bool = true;

fn main() {
    mount_to_body(App);
}
