//! The small app as it is without `eager`: it loads a round trip later.

mod app;
mod session;

use leptos::prelude::*;

use crate::app::App;

/// Whether what is for those who are signed in is asked for while the deployment confirms that
/// somebody is.
const EAGER: bool = false;

fn main() {
    mount_to_body(App);
}
