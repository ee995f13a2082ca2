//! What can happen next.

use super::{provider::Person, world::World};
use std::fmt;

/// One thing that happens. Links and fetches go by their places in the world's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    SignIn(Person),
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
    /// So many frames reach the server.
    ToServer {
        link: u8,
        frames: u8,
    },
    /// A frame, or the end of the socket, reaches the client.
    ToClient {
        link: u8,
    },
    /// The socket breaks, after so many frames have reached the server.
    Cut {
        link: u8,
        after: u8,
    },
    HalfOpen {
        link: u8,
    },
    /// The server lets the identity run out.
    Expire {
        link: u8,
    },
    Answer {
        fetch: u8,
        answer: Answer,
    },
    TimePasses,
}

/// How the provider answers a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Good,
    /// The last one again.
    Same,
    /// One of another user's session (auth contract §4, line 49).
    Earlier,
    /// One that the server refuses.
    Refused,
    Fails,
    Nobody,
    /// Never.
    Hangs,
}

/// What may still happen, apart from what is under way.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// What the app does.
    pub app: u8,
    /// What goes wrong.
    pub faults: u8,
    /// How often time passes.
    pub time: u8,
}

impl Choice {
    fn is_of_app(self) -> bool {
        matches!(self, Self::SignIn(_) | Self::ProviderSignsOut | Self::SignOut | Self::Mutate | Self::Wake)
    }

    fn is_fault(self, world: &World) -> bool {
        match self {
            Self::Refused { .. } | Self::Cut { .. } | Self::HalfOpen { .. } | Self::Expire { .. } => true,
            // A late answer, or a late frame of a socket that was left.
            Self::Answer { fetch, answer } => {
                answer != Answer::Good || world.provider.fetches[usize::from(fetch)].dropped
            }
            Self::ToClient { link } => world.links[usize::from(link)].left,
            _ => false,
        }
    }

    /// What is left to happen after this; `None` where it cannot.
    pub fn spend(self, world: &World) -> Option<Budget> {
        let mut left = world.left;
        let spent = match self {
            Self::TimePasses => &mut left.time,
            _ if self.is_of_app() => &mut left.app,
            _ if self.is_fault(world) => &mut left.faults,
            _ => return Some(left),
        };
        *spent = spent.checked_sub(1)?;
        Some(left)
    }

    /// Everything that can happen next.
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
    let mut all: Vec<_> = Person::ALL.into_iter().map(Choice::SignIn).collect();
    all.extend([Choice::ProviderSignsOut, Choice::SignOut, Choice::Wake]);
    all.extend(world.app.mutation.is_none().then_some(Choice::Mutate));
    all
}

fn of_provider(world: &World) -> Vec<Choice> {
    let mut all = Vec::new();
    for (fetch, open) in (0..).zip(&world.provider.fetches) {
        let mut add = |answer| all.push(Choice::Answer { fetch, answer });
        match open {
            open if open.hangs => {}
            open if open.dropped => add(Answer::Good),
            open => {
                [Answer::Good, Answer::Refused, Answer::Fails, Answer::Nobody, Answer::Hangs]
                    .into_iter()
                    .for_each(&mut add);
                if world.provider.last_of(open.person).is_some() {
                    add(Answer::Same);
                }
                if world.provider.last_of_another(open.person).is_some() {
                    add(Answer::Earlier);
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
        if state.left {
            continue;
        }
        all.extend((0..=frames).map(|after| Choice::Cut { link, after }));
        all.push(Choice::HalfOpen { link });
        if world.is_anybody_on(state) {
            all.push(Choice::Expire { link });
        }
    }
    all
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn(person) => write!(f, "the provider says that {person} is signed in"),
            Self::ProviderSignsOut => f.write_str("the provider says that nobody is signed in"),
            Self::SignOut => f.write_str("the app signs out"),
            Self::Mutate => f.write_str("the app calls the mutation"),
            Self::Wake => f.write_str("the page wakes up"),
            Self::Opens { .. } => f.write_str("the socket opens"),
            Self::Refused { .. } => f.write_str("the dial is refused"),
            Self::ToServer { frames, .. } => write!(f, "{frames} frames reach the server"),
            Self::ToClient { .. } => f.write_str("the client hears"),
            Self::Cut { after, .. } => {
                write!(f, "the socket breaks, after {after} frames reached the server")
            }
            Self::HalfOpen { .. } => f.write_str("the network loses everything from now on"),
            Self::Expire { .. } => f.write_str("the server lets the identity run out"),
            Self::Answer { answer, .. } => write!(f, "the provider answers: {answer:?}"),
            Self::TimePasses => f.write_str("time passes"),
        }
    }
}
