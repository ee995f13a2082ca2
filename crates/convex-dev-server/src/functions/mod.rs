//! The functions of the demo's backend, and its initial data.

mod bench;
mod counters;
mod errors;
mod items;
mod messages;
mod organizations;
mod users;
mod values;

use std::time::Duration;

use convex_testkit::{ActionCtx, Args, DatabaseWriter, FunctionError, Functions, Identity};

/// All functions.
pub(crate) fn functions() -> Functions {
    let functions = organizations::add_to(Functions::new());
    let functions = messages::add_to(functions);
    let functions = users::add_to(functions);
    let functions = counters::add_to(functions);
    let functions = values::add_to(functions);
    let functions = items::add_to(functions);
    let functions = bench::add_to(functions);
    errors::add_to(functions)
}

/// Fills the tables of a new deployment.
pub(crate) fn seed(db: &mut DatabaseWriter<'_, '_>) {
    organizations::seed(db);
    messages::seed(db);
}

/// The identity of the caller, for functions that require a user.
fn required(identity: Option<&Identity>) -> Result<&Identity, FunctionError> {
    identity.ok_or_else(|| FunctionError::thrown("Unauthorized: No identity found"))
}

/// The name of a user, or else the subject.
fn display_name(identity: &Identity) -> &str {
    identity.claim("name").unwrap_or(&identity.subject)
}

/// Delays an action by its argument `afterMs`, in milliseconds; by default not at all.
fn take_time(ctx: &mut ActionCtx<'_>, args: &Args) -> Result<(), FunctionError> {
    if args.contains_key("afterMs") {
        let delay = Duration::try_from_secs_f64(args.number("afterMs")? / 1000.0);
        ctx.delay(delay.map_err(|error| args.invalid(error.to_string()))?);
    }
    Ok(())
}
