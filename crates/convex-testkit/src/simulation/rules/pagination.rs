//! Paginated lists: always a prefix of the server's items at one moment, without gaps or duplicates
//! (docs/auth.md §4, lines 42 and 43).

use std::collections::{BTreeMap, BTreeSet};

use convex_sync::{PaginatedHandle, PaginationStatus};
use serde_json::Value as Json;

use super::Violation;
use crate::simulation::{
    functions::cards::PAGE,
    optimistic_updates::{is_at_bottom, placeholder},
    schedule::UpdateKind,
    world::{ListComponent, World},
};

const PREFIX: &str = "a list is a prefix of the server's items";
const STAYS: &str = "a displayed item stays";
const ONCE: &str = "an inserted item is shown once";
const RESTARTS: &str = "a list does not restart endlessly";

/// How often one list may restart between two operations: three times for invalid cursors, and once
/// for each identity change.
const MAX_RESTARTS: usize = 8;

#[derive(Default)]
pub(super) struct ListRules {
    lists: BTreeMap<PaginatedHandle, DisplayedList>,
    /// The ids of the lists that were started since the last operation.
    started: BTreeSet<u64>,
    /// How many operations had been applied by then.
    operations: usize,
}

/// The last displayed items of a list.
#[derive(Default)]
struct DisplayedList {
    cards: Vec<f64>,
    /// The server gave a reason to display less, and the list has not been complete since.
    is_excused: bool,
    /// A journal could not be decoded. Its query runs again without one, and its next result may
    /// show less.
    reruns: bool,
}

impl ListRules {
    pub(super) fn sent(&mut self, world: &World, frame: &Json) -> Result<(), Violation> {
        if std::mem::replace(&mut self.operations, world.operations) != world.operations {
            self.started.clear();
        }
        let modifications = frame["modifications"].as_array().into_iter().flatten();
        for add in modifications.filter(|modification| modification["udfPath"] == PAGE) {
            self.started.extend(add["args"][0]["paginationOpts"]["id"].as_u64());
        }
        if self.started.len() > MAX_RESTARTS * (world.lists.len() + 1) {
            return Violation::of(RESTARTS, format!("{:?}", self.started));
        }
        Ok(())
    }

    pub(super) fn received(&mut self, frame: &Json) {
        const EXCUSES: [&str; 5] = [
            "SplitRequired",
            "InvalidCursor",
            "Failed to parse cursor",
            "thrown by fault",
            "TransitionChunk",
        ];
        let text = frame.to_string();
        let is_excuse = EXCUSES.iter().any(|excuse| text.contains(excuse));
        for list in self.lists.values_mut() {
            list.is_excused |= is_excuse;
            if frame["type"] == "Transition" {
                list.reruns = text.contains("Failed to parse cursor");
            }
        }
    }

    /// Checks every list.
    pub(super) fn check(&mut self, world: &World, dials: usize) -> Result<(), Violation> {
        let mut before = std::mem::take(&mut self.lists);
        for component in &world.lists {
            let displayed = before.remove(&component.list).unwrap_or_default();
            let displayed = displayed.next(world, component)?;
            check_updates(world, component, dials)?;
            self.lists.insert(component.list, displayed);
        }
        Ok(())
    }
}

impl DisplayedList {
    /// Reads the displayed items, and checks them against the server's and the previous ones.
    fn next(self, world: &World, component: &ListComponent) -> Result<Self, Violation> {
        let (result, ids) = world.list_result(component.list);
        let cards: Vec<f64> = ids.into_iter().filter(|id| *id >= 0.0).collect();
        let Some(all) = world.all_cards(component.all) else {
            if cards.is_empty() {
                return Ok(Self { cards, ..Self::default() });
            }
            return Violation::of(PREFIX, format!("{cards:?}, and no items were received"));
        };
        let is_prefix = all.starts_with(&cards);
        let is_complete = cards.len() == all.len() || result.status != PaginationStatus::Exhausted;
        if !is_prefix || !is_complete {
            return Violation::of(PREFIX, format!("{cards:?} ({:?}) of {all:?}", result.status));
        }
        let stays = |card: &f64| cards.contains(card) || !all.contains(card);
        if !self.is_excused && !self.cards.iter().all(stays) {
            return Violation::of(STAYS, format!("{:?} becomes {cards:?} of {all:?}", self.cards));
        }
        let is_whole = matches!(result.status, PaginationStatus::CanLoadMore | PaginationStatus::Exhausted);
        let is_excused = self.is_excused && (!is_whole || self.reruns);
        // The page was read without a journal. Its query runs again, and may show less.
        let is_excused = is_excused || world.is_list_seeded(component.all);
        Ok(Self { cards, is_excused, reruns: self.reruns })
    }
}

/// Checks that a list displays the optimistic updates of the pending mutations.
fn check_updates(world: &World, component: &ListComponent, dials: usize) -> Result<(), Violation> {
    let (result, ids) = world.list_result(component.list);
    let first = ids.iter().position(|id| *id >= 0.0).unwrap_or(ids.len());
    for request in &world.requests {
        let expected = placeholder(request.serial);
        let at: Vec<_> = (0..ids.len()).filter(|index| ids[*index] == expected).collect();
        let is_at_bottom = is_at_bottom(request.serial);
        let has_place = match is_at_bottom {
            true => result.status == PaginationStatus::Exhausted,
            false => !result.pages.is_empty(),
        };
        let updates = !matches!(request.update, UpdateKind::None | UpdateKind::Fails);
        let is_displayed = updates && world.pair.outcome(request.id).is_none() && has_place;
        if at.len() != usize::from(is_displayed) {
            return Violation::of(ONCE, format!("request {}: {} times in {ids:?}", request.id, at.len()));
        }
        let is_in_place = |index: &usize| is_at_bottom || *index < first || first == ids.len();
        if !at.iter().all(is_in_place) {
            return Violation::of(ONCE, format!("request {} is not at the top of {ids:?}", request.id));
        }
        let is_written = ids.contains(&f64::from(request.serial));
        if is_displayed && is_written && request.dials == dials {
            return Violation::of(ONCE, format!("request {}: both its item and its update", request.id));
        }
    }
    Ok(())
}
