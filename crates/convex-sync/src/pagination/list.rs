//! One list: the queries of its pages, and what becomes of them as they are answered.

use super::{
    PaginationResult, PaginationStatus, Subscriptions,
    options::Extent,
    page::{Envelope, Split, is_invalid_cursor},
};
use crate::{Arguments, AuthPolicy, FunctionError, FunctionPath, QueryHandle};

/// How often in a row a list starts over because of an invalid cursor.
const MAX_RESETS: u32 = 3;

/// A page grown to so many times its first size is split where it can be, though the server does
/// not ask for it.
const GROWN: u64 = 2;

/// What a page's query was answered.
pub(crate) type Answer = Result<Envelope, FunctionError>;

/// A subscribed list.
#[derive(Debug)]
pub(super) struct List {
    pub(super) call: Call,
    initial_num_items: u32,
    /// In the order of the list, the next starting where the one before ends; never empty.
    pub(super) pages: Vec<PageQuery>,
    resets: Resets,
    /// What [`load_more`](Self::load_more) was called with before the first page was there.
    early: Option<u32>,
}

/// What all pages of a list have in common.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: FunctionPath,
    /// Without `paginationOpts`.
    pub(super) args: Arguments,
    pub(super) auth: AuthPolicy,
}

/// The query of one page.
#[derive(Debug)]
pub(super) struct PageQuery {
    pub(super) query: QueryHandle,
    extent: Extent,
    /// What the server said last.
    served: Option<Answer>,
    /// What optimistic updates let it show instead.
    layered: Option<Option<Answer>>,
    /// The pages that take its place once all of them are there.
    replacement: Vec<PageQuery>,
}

/// How often the list started over since it last got as far as it failed.
#[derive(Debug, Default)]
struct Resets {
    count: u32,
    /// The page at which it failed.
    at: usize,
}

/// What a [`load_more`](List::load_more) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum More {
    /// Nothing: there is no more, it loads already, or a page failed.
    Nothing,
    /// A page is added when the first one is there.
    Remembered,
    /// A page was added.
    Loads,
}

/// What followed from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    /// There are other queries now, of pages that are not shown yet.
    Asked,
    /// Other pages are shown now.
    Replaced,
}

impl List {
    pub(super) fn new(call: Call, initial_num_items: u32, subscriptions: &mut Subscriptions<'_>) -> Self {
        let first = PageQuery::first(&call, initial_num_items, subscriptions);
        Self { call, initial_num_items, pages: vec![first], resets: Resets::default(), early: None }
    }

    /// Starts over after an identity change.
    pub(super) fn start_over(&mut self, subscriptions: &mut Subscriptions<'_>) {
        self.resets = Resets::default();
        self.early = None;
        self.reset(subscriptions);
    }

    fn reset(&mut self, subscriptions: &mut Subscriptions<'_>) {
        self.unsubscribe(subscriptions);
        self.pages = vec![PageQuery::first(&self.call, self.initial_num_items, subscriptions)];
    }

    pub(super) fn unsubscribe(&self, subscriptions: &mut Subscriptions<'_>) {
        self.queries().for_each(|(_, query)| subscriptions.unsubscribe(query));
    }

    /// All queries, each with the position of the page that it is, or is to be a part of.
    pub(super) fn queries(&self) -> impl Iterator<Item = (usize, QueryHandle)> {
        self.pages.iter().enumerate().flat_map(|(position, page)| {
            page.replacement.iter().chain([page]).map(move |page| (position, page.query))
        })
    }

    /// Adds a page if the last one is there and more follows. Before the first page is there, the
    /// first call is remembered.
    pub(super) fn load_more(&mut self, num_items: u32, subscriptions: &mut Subscriptions<'_>) -> More {
        match self.result().status {
            PaginationStatus::CanLoadMore if self.add_page(num_items, subscriptions) => More::Loads,
            // Not if an optimistic update hides a first page that is there.
            PaginationStatus::LoadingFirstPage
                if self.early.is_none() && self.served() == PaginationStatus::LoadingFirstPage =>
            {
                self.early = Some(num_items);
                More::Remembered
            }
            _ => More::Nothing,
        }
    }

    /// Does what [`load_more`](Self::load_more) remembered, once the pages are there. Whether there
    /// is a page more.
    pub(super) fn load_early(&mut self, subscriptions: &mut Subscriptions<'_>) -> bool {
        let Some(num_items) = self.early else { return false };
        let status = self.served();
        let can_load_more = status == PaginationStatus::CanLoadMore;
        if can_load_more || status == PaginationStatus::Exhausted {
            self.early = None;
        }
        can_load_more && self.add_page(num_items, subscriptions)
    }

    /// The status without optimistic updates.
    fn served(&self) -> PaginationStatus {
        self.shown(|page| page.served.clone()).1
    }

    fn add_page(&mut self, num_items: u32, subscriptions: &mut Subscriptions<'_>) -> bool {
        let Some(PageQuery { served: Some(Ok(last)), extent, .. }) = self.pages.last() else { return false };
        let cursor = Some(last.continue_cursor.clone());
        let extent = Extent { cursor, end_cursor: None, num_items, id: extent.id };
        self.pages.push(PageQuery::subscribe(&self.call, extent, subscriptions));
        true
    }

    // ---- answers ----

    /// Takes in what the server said of a page, or of a part of what is to replace it.
    pub(super) fn serve(&mut self, position: usize, query: QueryHandle, answer: Option<Answer>) {
        let page = &mut self.pages[position];
        if page.query == query {
            page.served = answer;
        } else if let Some(part) = page.replacement.iter_mut().find(|part| part.query == query) {
            part.served = answer;
        }
    }

    /// Takes in what optimistic updates let a page show.
    pub(super) fn lay(
        &mut self,
        position: usize,
        query: QueryHandle,
        layered: Option<Option<Answer>>,
    ) -> bool {
        let page = &mut self.pages[position];
        let is_shown = page.query == query;
        if is_shown {
            page.layered = layered;
        }
        is_shown
    }

    /// Does what follows from what the server last said of a page and of what is to replace it.
    pub(super) fn settle(&mut self, position: usize, subscriptions: &mut Subscriptions<'_>) -> Step {
        let page = &self.pages[position];
        if let Some(failed) = page.invalid_cursor() {
            let step = self.cursor_was_invalid(position + failed, subscriptions);
            return if step == Step::Nothing { self.give_up_split(position, subscriptions) } else { step };
        }
        if page.is_replacement_there() {
            let replacement = std::mem::take(&mut self.pages[position].replacement);
            let replaced = self.pages.splice(position..=position, replacement);
            replaced.for_each(|page| subscriptions.unsubscribe(page.query));
            return Step::Replaced;
        }
        let Some(Ok(envelope)) = &page.served else { return Step::Nothing };
        let Some(extents) = self.replacement_of(position) else {
            self.resets.got_to(position, envelope.is_done);
            return Step::Nothing;
        };
        if !page.replacement.is_empty() {
            return Step::Nothing;
        }
        let subscribe = |extent| PageQuery::subscribe(&self.call, extent, subscriptions);
        self.pages[position].replacement = extents.into_iter().map(subscribe).collect();
        Step::Asked
    }

    /// Unsubscribes the halves of a page that cannot be split because a cursor stays invalid. The
    /// page stays, and its next result may be split again. If the split is required, the error of
    /// its half stays, too, because the status reports it.
    fn give_up_split(&mut self, position: usize, subscriptions: &mut Subscriptions<'_>) -> Step {
        let page = &mut self.pages[position];
        let Some(Ok(envelope)) = &page.served else { return Step::Nothing };
        if page.replacement.is_empty() || page.may_split(envelope).is_some_and(|split| split.is_required) {
            return Step::Nothing;
        }
        let halves = std::mem::take(&mut page.replacement);
        halves.iter().for_each(|half| subscriptions.unsubscribe(half.query));
        Step::Asked
    }

    /// Starts over because a cursor or journal of the page at `position` is no longer valid, unless
    /// it did so too often.
    pub(super) fn cursor_was_invalid(
        &mut self,
        position: usize,
        subscriptions: &mut Subscriptions<'_>,
    ) -> Step {
        if !self.resets.may_reset(position) {
            return Step::Nothing;
        }
        self.reset(subscriptions);
        Step::Replaced
    }

    /// The pages that ought to stand in the place of this one.
    fn replacement_of(&self, position: usize) -> Option<Vec<Extent>> {
        let page = &self.pages[position];
        let Some(Ok(envelope)) = &page.served else { return None };
        if let Some(Split { at, .. }) = page.should_split(envelope) {
            let middle = Some(at.clone());
            let first = Extent { end_cursor: middle.clone(), ..page.extent.clone() };
            let end_cursor = Some(envelope.continue_cursor.clone());
            let second = Extent { cursor: middle, end_cursor, ..page.extent.clone() };
            return Some(vec![first, second]);
        }
        if self.is_followed_by_next(position, envelope) {
            return None;
        }
        let end_cursor = self.pages.get(position + 1)?.extent.cursor.clone();
        Some(vec![Extent { end_cursor, ..page.extent.clone() }])
    }

    /// Whether the next page starts where this one ends. A journal sees to that, but one is lost
    /// where the function fails before it paginates, and some functions have none; then the page's
    /// end is pinned by an end cursor.
    fn is_followed_by_next(&self, position: usize, envelope: &Envelope) -> bool {
        let Some(next) = self.pages.get(position + 1) else { return true };
        let start = next.extent.cursor.as_ref();
        start == Some(&envelope.continue_cursor) || start == self.pages[position].extent.end_cursor.as_ref()
    }

    // ---- results ----

    pub(super) fn result(&self) -> PaginationResult {
        let (pages, status) = self.shown(|page| page.shown().cloned());
        PaginationResult { pages: pages.into_iter().map(|(_, envelope)| envelope.page).collect(), status }
    }

    /// The pages without a gap from the first on, and why there are no more.
    pub(super) fn shown(
        &self,
        answer: impl Fn(&PageQuery) -> Option<Answer>,
    ) -> (Vec<(QueryHandle, Envelope)>, PaginationStatus) {
        let mut shown = Vec::new();
        let mut status = PaginationStatus::LoadingFirstPage;
        for (position, page) in self.pages.iter().enumerate() {
            let loading = match position {
                0 => PaginationStatus::LoadingFirstPage,
                _ => PaginationStatus::LoadingMore,
            };
            let envelope = match answer(page) {
                None => return (shown, loading),
                Some(Err(error)) => return (shown, PaginationStatus::Error(error)),
                Some(Ok(envelope)) => envelope,
            };
            if page.may_split(&envelope).is_some_and(|split| split.is_required) {
                let error = page.replacement.iter().find_map(|part| part.served.as_ref()?.as_ref().err());
                return (shown, error.cloned().map_or(loading, PaginationStatus::Error));
            }
            let is_followed = self.is_followed_by_next(position, &envelope);
            status = match envelope.is_done {
                true => PaginationStatus::Exhausted,
                false => PaginationStatus::CanLoadMore,
            };
            shown.push((page.query, envelope));
            if !is_followed {
                return (shown, PaginationStatus::LoadingMore);
            }
        }
        (shown, status)
    }
}

impl PageQuery {
    fn first(call: &Call, num_items: u32, subscriptions: &mut Subscriptions<'_>) -> Self {
        let extent = Extent { cursor: None, end_cursor: None, id: subscriptions.next_id(), num_items };
        Self::subscribe(call, extent, subscriptions)
    }

    fn subscribe(call: &Call, extent: Extent, subscriptions: &mut Subscriptions<'_>) -> Self {
        let query = subscriptions.subscribe(call, &extent.of(&call.args));
        Self { query, extent, served: None, layered: None, replacement: Vec::new() }
    }

    fn shown(&self) -> Option<&Answer> {
        self.layered.as_ref().unwrap_or(&self.served).as_ref()
    }

    /// Whether it failed because of its cursor, or a part of what is to replace it: how many pages
    /// further on that is.
    fn invalid_cursor(&self) -> Option<usize> {
        let is_invalid = |page: &Self| matches!(&page.served, Some(Err(error)) if is_invalid_cursor(error));
        if is_invalid(self) {
            return Some(0);
        }
        self.replacement.iter().any(is_invalid).then_some(1)
    }

    fn is_replacement_there(&self) -> bool {
        !self.replacement.is_empty() && self.replacement.iter().all(|part| matches!(part.served, Some(Ok(_))))
    }

    /// Where it can be split.
    fn may_split<'e>(&self, envelope: &'e Envelope) -> Option<&'e Split> {
        let Extent { cursor, end_cursor, .. } = &self.extent;
        let ends = [cursor.as_ref(), end_cursor.as_ref(), Some(&envelope.continue_cursor)];
        envelope.split.as_ref().filter(|split| !ends.contains(&Some(&split.at)))
    }

    fn should_split<'e>(&self, envelope: &'e Envelope) -> Option<&'e Split> {
        let grown = GROWN * u64::from(self.extent.num_items.max(1));
        self.may_split(envelope).filter(|split| split.is_asked_for || envelope.holds_more_than(grown))
    }
}

impl Resets {
    /// Counts one more, unless there have been too many.
    fn may_reset(&mut self, position: usize) -> bool {
        self.at = self.at.max(position);
        let may = self.count < MAX_RESETS;
        self.count += u32::from(may);
        may
    }

    fn got_to(&mut self, position: usize, is_done: bool) {
        if position >= self.at || is_done {
            *self = Self::default();
        }
    }
}
