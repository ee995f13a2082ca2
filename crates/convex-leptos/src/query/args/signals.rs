//! Signals as arguments. With the feature `nightly` they are closures instead.

use super::{BySignal, EncodedArgs, IntoQueryArgs};
use convex_web::sync::{ArgsOrSkip, Arguments, Dynamic};
use leptos::prelude::*;
use serde::Serialize;

/// The `M` of [`IntoQueryArgs`] for an [`ArcSignal`] as [`Dynamic`] arguments.
#[derive(Debug)]
pub struct ByDynamicSignal(());

// Most signals implement `Serialize` and read themselves tracked by it, so for `Dynamic` they are
// values already: `A: Serialize` keeps these apart.
macro_rules! signals {
    ($($signal:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<A, V> IntoQueryArgs<A, BySignal> for $signal<V>
        where
            A: Serialize,
            V: ArgsOrSkip<A> + Send + Sync + 'static,
        {
            fn read_query_args(&self) -> EncodedArgs {
                self.with(ArgsOrSkip::encode_args_or_skip)
            }
        }
    )*};
}

signals!(Signal, RwSignal, ReadSignal, Memo, ArcSignal, ArcRwSignal, ArcReadSignal, ArcMemo);

// `ArcSignal` does not implement `Serialize`.
#[diagnostic::do_not_recommend]
impl<V: Serialize + Send + Sync + 'static> IntoQueryArgs<Dynamic, ByDynamicSignal> for ArcSignal<V> {
    fn read_query_args(&self) -> EncodedArgs {
        self.with(Arguments::encode)
    }
}
