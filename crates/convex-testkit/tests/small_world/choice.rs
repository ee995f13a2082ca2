//! The possible next events.

use super::{provider::User, world::World};
use std::fmt;

/// An event. Links and fetches are indices of the world's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    SignIn(User),
    ProviderSignsOut,
    SignOut,
    Mutate,
    Wake,
    Opens {
        link: u8,
    },
    Refused {
        link: u8,
    },
    /// `frames` frames reach the server.
    ToServer {
        link: u8,
        frames: u8,
    },
    /// A frame, or the close of the socket, reaches the client.
    ToClient {
        link: u8,
    },
    /// The socket breaks after `after` frames have reached the server.
    Cut {
        link: u8,
        after: u8,
    },
    HalfOpen {
        link: u8,
    },
    /// The server reports that the identity has expired.
    Expire {
        link: u8,
    },
    ProviderReplies {
        fetch: u8,
        reply: Reply,
    },
    TimePasses,
}

/// The provider's reply to a token fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A new token.
    Valid,
    /// The last token again.
    Same,
    /// A token of another user's session (docs/auth.md §4, line 49).
    Earlier,
    /// A new token of the other user: the page was rendered before that one signed in.
    OfOther,
    /// A token that the server rejects.
    Rejected,
    Fails,
    SignedOut,
    /// No reply.
    Hangs,
}

/// How many events of each kind may still occur. Frames and replies in flight cost nothing.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Actions of the app.
    pub app: u8,
    /// Faults.
    pub faults: u8,
    /// Steps of time.
    pub time: u8,
}

impl Choice {
    fn is_of_app(self) -> bool {
        matches!(self, Self::SignIn(_) | Self::ProviderSignsOut | Self::SignOut | Self::Mutate | Self::Wake)
    }

    fn is_fault(self, world: &World) -> bool {
        match self {
            Self::Refused { .. } | Self::Cut { .. } | Self::HalfOpen { .. } | Self::Expire { .. } => true,
            // A late reply to a dropped fetch, or a late frame of an abandoned socket.
            Self::ProviderReplies { fetch, reply } => {
                reply != Reply::Valid || world.provider.fetches[usize::from(fetch)].dropped
            }
            Self::ToClient { link } => world.links[usize::from(link)].abandoned,
            _ => false,
        }
    }

    /// The budget after this event; `None` if the event exceeds it.
    pub fn spend(self, world: &World) -> Option<Budget> {
        let mut remaining = world.remaining;
        let spent = match self {
            Self::TimePasses => &mut remaining.time,
            _ if self.is_of_app() => &mut remaining.app,
            _ if self.is_fault(world) => &mut remaining.faults,
            _ => return Some(remaining),
        };
        *spent = spent.checked_sub(1)?;
        Some(remaining)
    }

    /// All events that can occur next.
    pub fn all(world: &World) -> Vec<Self> {
        let mut all = of_app(world);
        all.extend(of_provider(world));
        all.extend(of_network(world));
        all.extend(world.next_due().map(|_| Self::TimePasses));
        all.retain(|choice| choice.spend(world).is_some());
        all
    }
}

fn of_app(world: &World) -> Vec<Choice> {
    let mut all: Vec<_> = User::ALL.into_iter().map(Choice::SignIn).collect();
    all.extend([Choice::ProviderSignsOut, Choice::SignOut, Choice::Wake]);
    all.extend(world.app.mutation.is_none().then_some(Choice::Mutate));
    all
}

fn of_provider(world: &World) -> Vec<Choice> {
    let mut all = Vec::new();
    for (fetch, open) in (0..).zip(&world.provider.fetches) {
        let mut add = |reply| all.push(Choice::ProviderReplies { fetch, reply });
        match open {
            open if open.hangs => {}
            open if open.dropped => add(Reply::Valid),
            open => {
                [Reply::Valid, Reply::Rejected, Reply::Fails, Reply::SignedOut, Reply::Hangs]
                    .into_iter()
                    .for_each(&mut add);
                if world.provider.last_of(open.user).is_some() {
                    add(Reply::Same);
                }
                if world.provider.last_of_another(open.key).is_some() {
                    add(Reply::Earlier);
                }
                if world.app.presumed {
                    add(Reply::OfOther);
                }
            }
        }
    }
    all
}

fn of_network(world: &World) -> Vec<Choice> {
    let mut all = Vec::new();
    for (link, state) in (0..).zip(&world.links) {
        if state.half_open {
            continue;
        }
        if state.connection.is_none() {
            all.extend([Choice::Opens { link }, Choice::Refused { link }]);
            continue;
        }
        let frames = u8::try_from(state.to_server.len()).unwrap();
        if frames > 0 {
            all.push(Choice::ToServer { link, frames });
        }
        if !state.to_client.is_empty() {
            all.push(Choice::ToClient { link });
        }
        if state.abandoned {
            continue;
        }
        all.extend((0..=frames).map(|after| Choice::Cut { link, after }));
        all.push(Choice::HalfOpen { link });
        if world.has_identity(state) {
            all.push(Choice::Expire { link });
        }
    }
    all
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn(user) => write!(f, "the provider reports that {user} is signed in"),
            Self::ProviderSignsOut => f.write_str("the provider reports signed out"),
            Self::SignOut => f.write_str("the app signs out"),
            Self::Mutate => f.write_str("the app calls the mutation"),
            Self::Wake => f.write_str("the page wakes"),
            Self::Opens { .. } => f.write_str("the socket opens"),
            Self::Refused { .. } => f.write_str("the dial is refused"),
            Self::ToServer { frames, .. } => write!(f, "{frames} frames reach the server"),
            Self::ToClient { .. } => f.write_str("a frame reaches the client"),
            Self::Cut { after, .. } => {
                write!(f, "the socket breaks, after {after} frames reached the server")
            }
            Self::HalfOpen { .. } => f.write_str("the network loses all frames of the socket from now on"),
            Self::Expire { .. } => f.write_str("the identity expires on the server"),
            Self::ProviderReplies { reply, .. } => write!(f, "the provider replies: {reply:?}"),
            Self::TimePasses => f.write_str("time passes"),
        }
    }
}
