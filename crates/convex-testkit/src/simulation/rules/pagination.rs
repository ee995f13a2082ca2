//! Paginated lists: always the start of what the server held at that moment, without a gap and
//! nothing twice (auth contract §4, lines 42 and 43).

use std::collections::{BTreeMap, BTreeSet};

use convex_sync::{PaginatedHandle, PaginationStatus};
use serde_json::Value as Json;

use super::Violation;
use crate::simulation::{
    lists::{ListComponent, PAGE, is_at_bottom},
    schedule::Update,
    world::{World, marker},
};

const START: &str = "a list is the start of what the server holds";
const STAYS: &str = "what a list shows stays";
const ONCE: &str = "what is inserted is shown once";
const RESETS: &str = "a list does not start over without end";

/// How often one list may start over between two things that are done: three times for invalid
/// cursors, and as often as somebody else is asking.
const STARTS: usize = 8;

#[derive(Default)]
pub(super) struct Pages {
    lists: BTreeMap<PaginatedHandle, Seen>,
    /// The ids of lists that were started, since so much had been done.
    started: BTreeSet<u64>,
    actions: usize,
}

/// What a list showed last.
#[derive(Default)]
struct Seen {
    cards: Vec<f64>,
    /// The server said why it may show less, and it has not been whole since.
    is_excused: bool,
    /// A journal could not be decoded. Its query runs again without one, and its next result may
    /// show less.
    runs_again: bool,
}

impl Pages {
    pub(super) fn sent(&mut self, world: &World, frame: &Json) -> Result<(), Violation> {
        if std::mem::replace(&mut self.actions, world.actions) != world.actions {
            self.started.clear();
        }
        let modifications = frame["modifications"].as_array().into_iter().flatten();
        for add in modifications.filter(|modification| modification["udfPath"] == PAGE) {
            self.started.extend(add["args"][0]["paginationOpts"]["id"].as_u64());
        }
        if self.started.len() > STARTS * (world.lists.len() + 1) {
            return Violation::of(RESETS, format!("{:?}", self.started));
        }
        Ok(())
    }

    pub(super) fn received(&mut self, frame: &Json) {
        const EXCUSES: [&str; 5] = [
            "SplitRequired",
            "InvalidCursor",
            "Failed to parse cursor",
            "it was to throw",
            "TransitionChunk",
        ];
        let text = frame.to_string();
        let is_excuse = EXCUSES.iter().any(|excuse| text.contains(excuse));
        for seen in self.lists.values_mut() {
            seen.is_excused |= is_excuse;
            if frame["type"] == "Transition" {
                seen.runs_again = text.contains("Failed to parse cursor");
            }
        }
    }

    pub(super) fn shown(&mut self, world: &World, dials: usize) -> Result<(), Violation> {
        let mut before = std::mem::take(&mut self.lists);
        for component in &world.lists {
            let seen = before.remove(&component.list).unwrap_or_default();
            let seen = seen.and_now(world, component)?;
            updates(world, component, dials)?;
            self.lists.insert(component.list, seen);
        }
        Ok(())
    }
}

impl Seen {
    fn and_now(self, world: &World, component: &ListComponent) -> Result<Self, Violation> {
        let (result, ids) = world.list_shows(component.list);
        let cards: Vec<f64> = ids.into_iter().filter(|id| *id >= 0.0).collect();
        let Some(held) = world.list_holds(component.all) else {
            if cards.is_empty() {
                return Ok(Self { cards, ..Self::default() });
            }
            return Violation::of(START, format!("{cards:?}, and nobody knows what there is"));
        };
        let is_start = held.starts_with(&cards);
        let is_all = cards.len() == held.len() || result.status != PaginationStatus::Exhausted;
        if !is_start || !is_all {
            return Violation::of(START, format!("{cards:?} ({:?}) of {held:?}", result.status));
        }
        let stays = |card: &f64| cards.contains(card) || !held.contains(card);
        if !self.is_excused && !self.cards.iter().all(stays) {
            return Violation::of(STAYS, format!("{:?} becomes {cards:?} of {held:?}", self.cards));
        }
        let is_whole = matches!(result.status, PaginationStatus::CanLoadMore | PaginationStatus::Exhausted);
        let is_excused = self.is_excused && (!is_whole || self.runs_again);
        Ok(Self { cards, is_excused, runs_again: self.runs_again })
    }
}

/// Looks at what a list shows of the mutations that are under way.
fn updates(world: &World, component: &ListComponent, dials: usize) -> Result<(), Violation> {
    let (result, ids) = world.list_shows(component.list);
    let first = ids.iter().position(|id| *id >= 0.0).unwrap_or(ids.len());
    for request in &world.requests {
        let expected = marker(request.serial);
        let at: Vec<_> = (0..ids.len()).filter(|index| ids[*index] == expected).collect();
        let is_at_bottom = is_at_bottom(request.serial);
        let has_place = match is_at_bottom {
            true => result.status == PaginationStatus::Exhausted,
            false => !result.pages.is_empty(),
        };
        let updates = !matches!(request.update, Update::None | Update::Fails);
        let is_shown = updates && world.pair.outcome(request.id).is_none() && has_place;
        if at.len() != usize::from(is_shown) {
            return Violation::of(ONCE, format!("request {}: {} times in {ids:?}", request.id, at.len()));
        }
        let is_in_place = |index: &usize| is_at_bottom || *index < first || first == ids.len();
        if !at.iter().all(is_in_place) {
            return Violation::of(ONCE, format!("request {} is not at the top of {ids:?}", request.id));
        }
        let is_written = ids.contains(&f64::from(request.serial));
        if is_shown && is_written && request.dials == dials {
            return Violation::of(ONCE, format!("request {}: its card and its update at once", request.id));
        }
    }
    Ok(())
}
