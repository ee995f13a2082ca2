//! Where a story begins: what it takes many steps to come to need not be found by chance.

use super::{
    choice::Choice,
    heal::heal,
    provider::Person,
    world::{Violation, World},
};

/// The state of the world when the exploration begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// A page that has just been opened: its provider has not said anything, its socket is being dialled.
    PageLoad,
    /// Nobody is signed in, and all is well.
    Nobody,
    /// Alice is signed in, and all is well.
    SignedIn,
    /// Alice has called the mutation; it is under way.
    Mutating,
    /// Alice's token is being replaced.
    Refreshing,
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
        }
    }
}
