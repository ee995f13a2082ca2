//! Fingerprints: which states count as equal.
//!
//! A fingerprint is a hash of the debug output of everything that the future depends on: the
//! client, the deployment, frames and fetches in flight, the app, and the remaining budget. Nothing
//! is omitted, and times and ids are absolute, so two states are equal only if all their fields
//! are. Only different orders of independent events lead to equal states.
//!
//! The debug output hides which token is which (docs/auth.md, rule 13). So a fingerprint also
//! contains the *ledger* (every token that reached the client, and every change of the token in
//! use) and the identities sent on each socket. The tokens that a client stores follow from these
//! and from the claims and error messages in the debug output, which name the token here. If a
//! client ever stored a token that does not follow from them, the [audits](super::explore) would
//! find it: they continue two paths to one fingerprint and compare the results.

use super::{
    rules,
    world::{Violation, World},
};
use std::hash::{DefaultHasher, Hash, Hasher};

/// 128 bits, so that among millions of states no two are equal by chance.
pub type Fingerprint = (u64, u64);

/// The world's fingerprint. Fails if the client's debug output contains a token.
pub fn fingerprint(world: &World) -> Result<Fingerprint, Violation> {
    let client = format!("{:?}", world.client);
    rules::check_output(world, &client)?;
    let World { deployment, now, links, provider, app, remaining, ledger, .. } = world;
    let rest = format!("{deployment:?} {now:?} {links:?} {provider:?} {app:?} {remaining:?} {ledger:?}");
    let hash = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, &client, &rest).hash(&mut hasher);
        hasher.finish()
    };
    Ok((hash(0), hash(1)))
}
