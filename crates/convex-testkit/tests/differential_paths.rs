//! Function paths against the official parser. The client must not accept a path that the server
//! cannot read, since such a path is a fatal error.

use convex_sync::FunctionPath;
use convex_sync_types::{CanonicalizedUdfPath, UdfPath};
use proptest::prelude::*;

/// Paths, valid and almost valid.
fn near_path() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_./:\\-$ äé]{0,12}",
        "([a-z_]{1,3}/){0,2}[a-zA-Z0-9_.]{1,5}(\\.js)?(:[a-zA-Z0-9_]{0,4})?",
        "(a{63,65}/)?a{60,65}(\\.js)?(:b{63,65})?",
        any::<String>(),
    ]
}

fn valid_path() -> impl Strategy<Value = String> {
    "(_?[a-zA-Z0-9][a-zA-Z0-9_.]{0,8}/){0,3}_?[a-zA-Z0-9][a-zA-Z0-9_]{0,8}(\\.js)?(:_?[a-zA-Z][a-zA-Z0-9_]{0,8})?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn accepted_paths_are_readable_by_the_server(path in near_path()) {
        if let Ok(ours) = FunctionPath::parse(&path) {
            let sent: UdfPath = ours.as_str().parse().unwrap();
            let expected: CanonicalizedUdfPath = path.parse().unwrap();
            prop_assert_eq!(sent.canonicalize(), expected);
        }
    }

    #[test]
    fn valid_paths_are_accepted(path in valid_path()) {
        let expected: CanonicalizedUdfPath = path.parse().unwrap();
        let ours = FunctionPath::parse(&path).unwrap();
        prop_assert_eq!(ours.as_str().parse::<CanonicalizedUdfPath>().unwrap(), expected);
        prop_assert_eq!(FunctionPath::parse(ours.as_str()).unwrap(), ours);
    }
}
