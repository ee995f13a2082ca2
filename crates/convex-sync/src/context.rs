//! The context of a transition.

use crate::{Config, Event, Time, clock::WallClocks, random::Random, timer::Timers};
use std::collections::VecDeque;

/// The parts of the client that one transition borrows.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Time,
    pub(crate) config: &'a Config,
    pub(crate) clock: &'a WallClocks,
    pub(crate) timers: &'a mut Timers,
    pub(crate) events: &'a mut VecDeque<Event>,
    pub(crate) random: &'a mut Random,
}
