//! Where a story begins: what it takes many steps to come to need not be found by chance.

use super::{
    choice::{Answer, Choice},
    heal::{heal, next},
    provider::Person,
    world::{Violation, World},
};

/// The state of the world when the exploration begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// A page that has just been opened: its provider has not said anything, its socket is being
    /// dialled.
    PageLoad,
    /// Nobody is signed in, and all is well.
    Nobody,
    /// Alice is signed in, and all is well.
    SignedIn,
    /// Alice has called the mutation; it is under way.
    Mutating,
    /// Alice's token is being replaced.
    Refreshing,
    /// Alice was signed in, and Bob's first token is being fetched.
    Switching,
    /// The server has rejected Alice's session, and the next attempt to resume it has begun.
    Resuming,
}

impl Scene {
    /// Lets the world come to it.
    pub fn set(self, world: &mut World) -> Result<(), Violation> {
        match self {
            Self::PageLoad => Ok(()),
            Self::Nobody => heal(world),
            Self::SignedIn => {
                world.happen(Choice::SignIn(Person::Alice))?;
                heal(world)
            }
            Self::Mutating => {
                Self::SignedIn.set(world)?;
                world.happen(Choice::Mutate)
            }
            Self::Refreshing => {
                Self::SignedIn.set(world)?;
                world.happen(Choice::TimePasses)
            }
            Self::Switching => {
                Self::SignedIn.set(world)?;
                world.happen(Choice::SignIn(Person::Bob))
            }
            Self::Resuming => {
                world.happen(Choice::SignIn(Person::Alice))?;
                while !world.app.given_up || world.provider.fetches.is_empty() {
                    let choice = next(world, Answer::Refused).ok_or("nothing happens any more")?;
                    world.happen(choice)?;
                }
                Ok(())
            }
        }
    }
}
