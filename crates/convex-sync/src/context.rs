//! What one step works with, besides the state it changes.

use crate::{Config, Event, Time, clock::Clock, random::Random, timer::Timers};
use std::collections::VecDeque;

/// What a part of the client borrows from it for one step.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Time,
    pub(crate) config: &'a Config,
    pub(crate) clock: &'a Clock,
    pub(crate) timers: &'a mut Timers,
    pub(crate) events: &'a mut VecDeque<Event>,
    pub(crate) random: &'a mut Random,
}
