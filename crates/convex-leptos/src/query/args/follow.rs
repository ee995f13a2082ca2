//! Reads arguments again whenever a signal that they depend on changes.

use super::IntoQueryArgs;
use crate::{
    FOLLOWS_SIGNALS,
    args_reader::{self, ReadQueries},
    client::Shared,
    immediate_effect::ImmediateEffect,
};
use convex_web::sync::{Arguments, EncodeError};
use leptos::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// The arguments: `Ok(None)` skips the query.
pub(crate) type EncodedArgs = Result<Option<Arguments>, EncodeError>;

/// The arguments; `None` while they depend on a query that loads.
pub(crate) type DecidedArgs = Option<EncodedArgs>;

/// Reads the current arguments. It is one type for all functions and all kinds of arguments, so
/// that the hooks are compiled once for each result type.
pub(crate) type ReadArgs = Box<dyn Fn() -> EncodedArgs + Send + Sync>;

pub(crate) fn read_args<A, M>(args: impl IntoQueryArgs<A, M> + Send + Sync + 'static) -> ReadArgs {
    Box::new(move || args.read_query_args())
}

/// Calls `subscribe` with the arguments and the queries that they read: now, and again each time
/// after the arguments have changed, until the current owner is disposed.
pub(crate) fn follow_args(
    client: &Arc<Shared>,
    args: ReadArgs,
    subscribe: impl Fn(DecidedArgs, ReadQueries) + Send + Sync + 'static,
) {
    if !FOLLOWS_SIGNALS {
        return;
    }
    let (client, subscribe, last) = (Arc::clone(client), Arc::new(subscribe), Mutex::new(None));
    let effect = ImmediateEffect::new(move || {
        let (args, read) = args_reader::read(&args);
        let args = read.decide(args);
        let last_args = last.lock().unwrap_or_else(PoisonError::into_inner).replace(args.clone());
        if last_args.as_ref() != Some(&args) {
            let subscribe = Arc::clone(&subscribe);
            // An optimistic update may have set the signal that the arguments depend on. The client
            // accepts no subscription before that update has ended.
            client.web().when_idle(move || untrack(|| subscribe(args, read)));
        }
    });
    // Constant arguments need no effect.
    if effect.has_sources() {
        on_cleanup(move || drop(effect));
    }
}
