//! When two states are one.
//!
//! A fingerprint is a hash of all that the future depends on, printed: the client, the deployment,
//! what is under way, the app, and what may still go wrong. Nothing is left out of it and nothing
//! is made relative: times and ids are as they are, so that two states count as one only if every
//! field of them is equal. What merges are the different orders of things that have nothing to do
//! with each other.
//!
//! There is one thing that printing hides: which token a token is (auth contract, rule 13). So a
//! fingerprint also holds the *ledger*, every token that reached the client and every change of the
//! token in use, in order, and what was said on each socket: where a token stands in the client
//! follows from these and from what is printed around it (claims, the server's words on a
//! rejection: they name the token here). Should a client ever keep a token whose place does not
//! follow from that, the [audits](super::explore) are there to show it: again and again two ways to
//! one fingerprint are followed further, and must not part.

use super::{
    rules,
    world::{Violation, World},
};
use std::hash::{DefaultHasher, Hash, Hasher};

/// 128 bits, so that no two of some millions are equal by chance.
pub type Fingerprint = (u64, u64);

/// The world's fingerprint. `Err`: a token shows where the client is printed.
pub fn fingerprint(world: &World) -> Result<Fingerprint, Violation> {
    let client = format!("{:?}", world.client);
    rules::check_output(world, &client)?;
    let World { deployment, now, links, provider, app, left, ledger, .. } = world;
    let around = format!("{deployment:?} {now:?} {links:?} {provider:?} {app:?} {left:?} {ledger:?}");
    let hash = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, &client, &around).hash(&mut hasher);
        hasher.finish()
    };
    Ok((hash(0), hash(1)))
}
