//! The states in which a search begins, since a search from a page load would not reach all of
//! them.

use super::{
    choice::{Choice, Reply},
    heal::{heal, next},
    page::Page,
    provider::User,
    world::{Violation, World},
};

/// The state of the world when the exploration begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// A page that has just been opened: its provider is loading, its socket is being dialled.
    PageLoad,
    /// The same, and a web server has rendered the page.
    Takeover(Page),
    /// The provider has reported signed out, and the connection is live.
    SignedOut,
    /// Alice is signed in, and the connection is live.
    SignedIn,
    /// Alice has called the mutation, which is in flight.
    Mutating,
    /// Alice's token is being replaced.
    Refreshing,
    /// Alice was signed in; Bob has signed in and his first token is being fetched.
    Switching,
    /// The server has rejected Alice's session, and an attempt to resume it has begun.
    Resuming,
}

impl Scene {
    /// The page that a web server has rendered.
    pub fn page(self) -> Option<Page> {
        match self {
            Self::Takeover(page) => Some(page),
            _ => None,
        }
    }

    /// Brings the world into this state.
    pub fn set(self, world: &mut World) -> Result<(), Violation> {
        match self {
            Self::PageLoad | Self::Takeover(_) => Ok(()),
            Self::SignedOut => heal(world),
            Self::SignedIn => {
                world.perform(Choice::SignIn(User::Alice))?;
                heal(world)
            }
            Self::Mutating => {
                Self::SignedIn.set(world)?;
                world.perform(Choice::Mutate)
            }
            Self::Refreshing => {
                Self::SignedIn.set(world)?;
                world.perform(Choice::TimePasses)
            }
            Self::Switching => {
                Self::SignedIn.set(world)?;
                world.perform(Choice::SignIn(User::Bob))
            }
            Self::Resuming => {
                world.perform(Choice::SignIn(User::Alice))?;
                while !world.app.rejected || world.provider.fetches.is_empty() {
                    let choice = next(world, Reply::Rejected).ok_or("no event is left")?;
                    world.perform(choice)?;
                }
                Ok(())
            }
        }
    }
}
