//! Values as arguments with the feature `nightly`. Signals are functions there, and they serialize:
//! with the general implementation they would be both closures and values for `Dynamic`.

use super::{ByValue, EncodedArgs, IntoQueryArgs};
use convex_web::sync::{ArgsOrSkip, Arguments, Dynamic, QueryArgs, Skip};
use serde::Serialize;

/// The `M` of [`IntoQueryArgs`] for a value as [`Dynamic`] arguments.
#[derive(Debug)]
pub struct ByDynamicValue(());

#[diagnostic::do_not_recommend]
impl<A: Serialize, V: ArgsOrSkip<A>> IntoQueryArgs<A, ByValue> for V {
    fn read_query_args(&self) -> EncodedArgs {
        self.encode_args_or_skip()
    }
}

macro_rules! dynamic_values {
    ($([$($parameter:ident)?] $value:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl$(<$parameter: Serialize>)? IntoQueryArgs<Dynamic, ByDynamicValue> for $value {
            fn read_query_args(&self) -> EncodedArgs {
                Arguments::encode(self)
            }
        }
    )*};
}

dynamic_values!([] (), [] Skip, [] serde_json::Value, [V] QueryArgs<V>, [V] Option<V>);

#[diagnostic::do_not_recommend]
impl<V: Serialize, const N: usize> IntoQueryArgs<Dynamic, ByDynamicValue> for [(&'static str, V); N] {
    fn read_query_args(&self) -> EncodedArgs {
        Arguments::encode(self.as_slice())
    }
}
