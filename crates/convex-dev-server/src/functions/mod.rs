//! The functions of the demo's backend, and the data it starts with.

mod counters;
mod errors;
mod messages;
mod organizations;
mod users;

use convex_testkit::{DatabaseWriter, FunctionError, Functions, Identity};

/// All functions.
pub(crate) fn functions() -> Functions {
    let functions = organizations::add_to(Functions::new());
    let functions = messages::add_to(functions);
    let functions = users::add_to(functions);
    let functions = counters::add_to(functions);
    errors::add_to(functions)
}

/// Fills the tables of a new deployment.
pub(crate) fn seed(db: &mut DatabaseWriter<'_, '_>) {
    organizations::seed(db);
    messages::seed(db);
}

/// Who asks, for functions that make no sense without.
fn required(identity: Option<&Identity>) -> Result<&Identity, FunctionError> {
    identity.ok_or_else(|| FunctionError::thrown("Unauthorized: No identity found"))
}

/// What people are called: their name, or else their subject.
fn display_name(identity: &Identity) -> &str {
    identity.claim("name").unwrap_or(&identity.subject)
}
