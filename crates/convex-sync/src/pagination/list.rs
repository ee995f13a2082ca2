//! One list: its page queries, and how it reacts to their results.
//!
//! A list is a sequence of page queries. The first page starts at the start of the list, and each
//! other page starts at the cursor where the previous one ended when it was added. The list shows
//! the loaded pages from the first on, up to a page that is loading, has failed, or does not meet
//! the next one.
//!
//! # How a page settles
//!
//! The idea: when the server's result of a page arrives, [`PaginatedList::settle`] compares the
//! page with its neighbour and with its own size. If other queries should load its range, they are
//! subscribed as its *replacements*, and the page stays in place until all of them are loaded. Then
//! they take its place in one step, so that the list shows neither a gap nor a duplicate. There are
//! two reasons to replace a page:
//!
//! - It should be split: the server recommends or requires it, or the page has grown to
//!   [`GROWTH_LIMIT`] times its first size. Its replacements are the two halves.
//! - Its end does not meet the start of the next page, because its journal was lost. Its
//!   replacement is the same page with that start as its end cursor.
//!
//! If a page or a replacement fails because of an invalid cursor, the list is reset to a new first
//! page. If it has been reset too often, only the replacements are dropped. If that leaves a gap
//! before the next page, the list ends there, and can be loaded further from there.
//!
//! Invariants: `pages` is never empty. Replacements have no replacements of their own.
//! Every subscribed page query is in `pages` or is a replacement of one of them.
//!
//! Termination: each call handles one page. It changes the list only by replacing a page by loaded
//! replacements, of which there are finitely many; by subscribing to replacements, which are not
//! loaded yet and do nothing until a result arrives; or by a reset, which leaves one page that is
//! not loaded. Resets are limited to [`MAX_RESETS`](super::resets) until the list gets past the
//! page that failed, so that a cursor that is always invalid does not cause an endless loop with
//! the server.
//!
//! Cost: constant time per changed page, besides counting the items of a page that can be
//! split and recording the positions of the pages after a change.

use super::{
    options::PaginationOpts,
    page::{Envelope, SplitPoint, is_invalid_cursor},
    resets::ResetCounter,
    result::{PaginationResult, PaginationStatus},
    subscriptions::{ListQuery, PageSubscriptions},
};
use crate::{FunctionError, QueryHandle};

/// The factor of its first size at which a page is split, if it can be, without the server's
/// request.
const GROWTH_LIMIT: u64 = 2;

/// The outcome of a page's query.
pub(crate) type PageOutcome = Result<Envelope, FunctionError>;

/// A subscribed list.
#[derive(Debug)]
pub(super) struct PaginatedList {
    pub(super) query: ListQuery,
    initial_num_items: u32,
    /// In the order of the list; never empty.
    pub(super) pages: Vec<PageQuery>,
    resets: ResetCounter,
    /// The size of the page that [`load_more`](Self::load_more) requested before the first page was
    /// loaded.
    deferred_load: Option<u32>,
}

/// The query of one page.
#[derive(Debug)]
pub(super) struct PageQuery {
    pub(super) query: QueryHandle,
    opts: PaginationOpts,
    /// The server's last result.
    server_outcome: Option<PageOutcome>,
    /// The optimistic result: `Some(None)` shows the page as loading.
    layered_outcome: Option<Option<PageOutcome>>,
    /// The pages that take the place of this one once all of them are loaded.
    replacements: Vec<PageQuery>,
}

/// The effect of a call of [`load_more`](PaginatedList::load_more).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoadMore {
    /// None: the list is complete, a page is loading, or a page failed.
    Ignored,
    /// A page will be added once the first page is loaded.
    Deferred,
    PageAdded,
}

/// The change to a list that a result caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListChange {
    None,
    /// Replacements were subscribed or unsubscribed. They are not displayed.
    ReplacementsChanged,
    /// Displayed pages were replaced.
    Replaced,
}

impl PaginatedList {
    pub(super) fn new(
        query: ListQuery,
        initial_num_items: u32,
        subscriptions: &mut PageSubscriptions<'_>,
    ) -> Self {
        let first = PageQuery::first(&query, initial_num_items, subscriptions);
        Self {
            query,
            initial_num_items,
            pages: vec![first],
            resets: ResetCounter::default(),
            deferred_load: None,
        }
    }

    /// Restarts the list with its first page, after an identity change.
    pub(super) fn start_over(&mut self, subscriptions: &mut PageSubscriptions<'_>) {
        self.resets = ResetCounter::default();
        self.deferred_load = None;
        self.reset(subscriptions);
    }

    fn reset(&mut self, subscriptions: &mut PageSubscriptions<'_>) {
        self.unsubscribe(subscriptions);
        self.pages = vec![PageQuery::first(&self.query, self.initial_num_items, subscriptions)];
    }

    pub(super) fn unsubscribe(&self, subscriptions: &mut PageSubscriptions<'_>) {
        self.queries().for_each(|(_, query)| subscriptions.unsubscribe(query));
    }

    /// All queries, each with the position of the page that it loads or will replace.
    pub(super) fn queries(&self) -> impl Iterator<Item = (usize, QueryHandle)> {
        let with_position = |(position, page)| PageQuery::queries(page).map(move |query| (position, query));
        self.pages.iter().enumerate().flat_map(with_position)
    }

    /// Adds a page if the last one is loaded and is not the end of the list. While the first page
    /// is loading, the first call is deferred until it is loaded.
    pub(super) fn load_more(
        &mut self,
        num_items: u32,
        subscriptions: &mut PageSubscriptions<'_>,
    ) -> LoadMore {
        match self.result().status {
            PaginationStatus::CanLoadMore if self.add_page(num_items, subscriptions) => LoadMore::PageAdded,
            // Not if the first page is loaded and an optimistic update shows it as loading.
            PaginationStatus::LoadingFirstPage
                if self.deferred_load.is_none()
                    && self.server_status() == PaginationStatus::LoadingFirstPage =>
            {
                self.deferred_load = Some(num_items);
                LoadMore::Deferred
            }
            _ => LoadMore::Ignored,
        }
    }

    /// Adds the page that [`load_more`](Self::load_more) deferred, once the first page is loaded.
    /// Returns whether a page was added.
    pub(super) fn load_deferred(&mut self, subscriptions: &mut PageSubscriptions<'_>) -> bool {
        let Some(num_items) = self.deferred_load else { return false };
        let status = self.server_status();
        let can_load_more = status == PaginationStatus::CanLoadMore;
        if can_load_more || status == PaginationStatus::Exhausted {
            self.deferred_load = None;
        }
        can_load_more && self.add_page(num_items, subscriptions)
    }

    /// The status without optimistic updates.
    fn server_status(&self) -> PaginationStatus {
        self.loaded_pages(|page| page.server_outcome.clone()).1
    }

    fn add_page(&mut self, num_items: u32, subscriptions: &mut PageSubscriptions<'_>) -> bool {
        let Some(PageQuery { server_outcome: Some(Ok(last)), opts, .. }) = self.pages.last() else {
            return false;
        };
        let cursor = Some(last.continue_cursor.clone());
        let opts = PaginationOpts { cursor, end_cursor: None, num_items, id: opts.id };
        self.pages.push(PageQuery::subscribe(&self.query, opts, subscriptions));
        true
    }

    // ---- results of page queries ----

    /// Stores the server's result of a page or of a replacement.
    pub(super) fn set_server_outcome(
        &mut self,
        position: usize,
        query: QueryHandle,
        outcome: Option<PageOutcome>,
    ) {
        let page = &mut self.pages[position];
        if page.query == query {
            page.server_outcome = outcome;
        } else if let Some(part) = page.replacements.iter_mut().find(|part| part.query == query) {
            part.server_outcome = outcome;
        }
    }

    /// Stores the optimistic result of a page. Returns whether the page is displayed; replacements
    /// are not.
    pub(super) fn set_layered_outcome(
        &mut self,
        position: usize,
        query: QueryHandle,
        outcome: Option<Option<PageOutcome>>,
    ) -> bool {
        let page = &mut self.pages[position];
        let is_displayed = page.query == query;
        if is_displayed {
            page.layered_outcome = outcome;
        }
        is_displayed
    }

    /// Replaces the page at `position`, or prepares that, as the server's last results of it and
    /// its replacements require. The comment at the top of this file explains the steps.
    pub(super) fn settle(
        &mut self,
        position: usize,
        subscriptions: &mut PageSubscriptions<'_>,
    ) -> ListChange {
        let page = &self.pages[position];
        if let Some(failed) = page.invalid_cursor() {
            let change = self.reset_after_invalid_cursor(position + failed, subscriptions);
            return match change {
                ListChange::None => self.drop_replacements(position, subscriptions),
                _ => change,
            };
        }
        if page.is_replacement_loaded() {
            let replacements = std::mem::take(&mut self.pages[position].replacements);
            let replaced = self.pages.splice(position..=position, replacements);
            replaced.for_each(|page| subscriptions.unsubscribe(page.query));
            return ListChange::Replaced;
        }
        let Some(Ok(envelope)) = &page.server_outcome else { return ListChange::None };
        let Some(replacements) = self.replacements_of(position) else {
            self.resets.page_loaded(position, envelope.is_done);
            return ListChange::None;
        };
        if !page.replacements.is_empty() {
            return ListChange::None;
        }
        let subscribe = |opts| PageQuery::subscribe(&self.query, opts, subscriptions);
        self.pages[position].replacements = replacements.into_iter().map(subscribe).collect();
        ListChange::ReplacementsChanged
    }

    /// Unsubscribes the replacements of a page if one of them still fails after the last reset. The
    /// page stays, and its next result may be replaced again. Pages behind a gap that the
    /// replacement should have closed would never be shown, so they are dropped, too. If a split is
    /// required, the failed half stays, because the status reports its error.
    fn drop_replacements(
        &mut self,
        position: usize,
        subscriptions: &mut PageSubscriptions<'_>,
    ) -> ListChange {
        let page = &self.pages[position];
        let Some(Ok(envelope)) = &page.server_outcome else { return ListChange::None };
        if page.replacements.is_empty() || page.split_point(envelope).is_some_and(|split| split.is_required) {
            return ListChange::None;
        }
        let is_gap = !self.meets_next_page(position, envelope);
        let mut dropped = std::mem::take(&mut self.pages[position].replacements);
        if is_gap {
            dropped.extend(self.pages.drain(position + 1..));
        }
        dropped.iter().flat_map(PageQuery::queries).for_each(|query| subscriptions.unsubscribe(query));
        if is_gap { ListChange::Replaced } else { ListChange::ReplacementsChanged }
    }

    /// Resets the list because a cursor or journal of the page at `position` is invalid, unless the
    /// limit of resets is reached.
    pub(super) fn reset_after_invalid_cursor(
        &mut self,
        position: usize,
        subscriptions: &mut PageSubscriptions<'_>,
    ) -> ListChange {
        if !self.resets.may_reset(position) {
            return ListChange::None;
        }
        self.reset(subscriptions);
        ListChange::Replaced
    }

    /// The ranges of the pages that should replace this one, if any.
    fn replacements_of(&self, position: usize) -> Option<Vec<PaginationOpts>> {
        let page = &self.pages[position];
        let Some(Ok(envelope)) = &page.server_outcome else { return None };
        if let Some(SplitPoint { cursor, .. }) = page.should_split(envelope) {
            let middle = Some(cursor.clone());
            let first = PaginationOpts { end_cursor: middle.clone(), ..page.opts.clone() };
            let end_cursor = Some(envelope.continue_cursor.clone());
            let second = PaginationOpts { cursor: middle, end_cursor, ..page.opts.clone() };
            return Some(vec![first, second]);
        }
        if self.meets_next_page(position, envelope) {
            return None;
        }
        let end_cursor = self.pages.get(position + 1)?.opts.cursor.clone();
        Some(vec![PaginationOpts { end_cursor, ..page.opts.clone() }])
    }

    /// Whether the next page starts where this one ends. A journal usually ensures that. But a
    /// journal is lost if the function fails before it paginates, and some functions have none;
    /// then an end cursor must pin the page's end.
    fn meets_next_page(&self, position: usize, envelope: &Envelope) -> bool {
        let Some(next) = self.pages.get(position + 1) else { return true };
        let start = next.opts.cursor.as_ref();
        start == Some(&envelope.continue_cursor) || start == self.pages[position].opts.end_cursor.as_ref()
    }

    // ---- the result of the list ----

    pub(super) fn result(&self) -> PaginationResult {
        let (pages, status) = self.loaded_pages(|page| page.displayed_outcome().cloned());
        PaginationResult { pages: pages.into_iter().map(|(_, envelope)| envelope.page).collect(), status }
    }

    /// The loaded pages from the first on, without a gap, and the reason why they end.
    pub(super) fn loaded_pages(
        &self,
        outcome: impl Fn(&PageQuery) -> Option<PageOutcome>,
    ) -> (Vec<(QueryHandle, Envelope)>, PaginationStatus) {
        let mut loaded = Vec::new();
        let mut status = PaginationStatus::LoadingFirstPage;
        for (position, page) in self.pages.iter().enumerate() {
            let loading = match position {
                0 => PaginationStatus::LoadingFirstPage,
                _ => PaginationStatus::LoadingMore,
            };
            let envelope = match outcome(page) {
                None => return (loaded, loading),
                Some(Err(error)) => return (loaded, PaginationStatus::Error(error)),
                Some(Ok(envelope)) => envelope,
            };
            if page.split_point(&envelope).is_some_and(|split| split.is_required) {
                let mut failures =
                    page.replacements.iter().filter_map(|part| part.server_outcome.as_ref()?.as_ref().err());
                return (loaded, failures.next().cloned().map_or(loading, PaginationStatus::Error));
            }
            let meets_next = self.meets_next_page(position, &envelope);
            status = match envelope.is_done {
                true => PaginationStatus::Exhausted,
                false => PaginationStatus::CanLoadMore,
            };
            loaded.push((page.query, envelope));
            if !meets_next {
                return (loaded, PaginationStatus::LoadingMore);
            }
        }
        (loaded, status)
    }
}

impl PageQuery {
    fn first(list: &ListQuery, num_items: u32, subscriptions: &mut PageSubscriptions<'_>) -> Self {
        let opts = PaginationOpts { cursor: None, end_cursor: None, id: subscriptions.next_id(), num_items };
        Self::subscribe(list, opts, subscriptions)
    }

    fn subscribe(list: &ListQuery, opts: PaginationOpts, subscriptions: &mut PageSubscriptions<'_>) -> Self {
        let query = subscriptions.subscribe(list, &opts.add_to(&list.args));
        Self { query, opts, server_outcome: None, layered_outcome: None, replacements: Vec::new() }
    }

    /// The queries of the page and of its replacements.
    fn queries(&self) -> impl Iterator<Item = QueryHandle> {
        self.replacements.iter().chain([self]).map(|page| page.query)
    }

    fn displayed_outcome(&self) -> Option<&PageOutcome> {
        self.layered_outcome.as_ref().unwrap_or(&self.server_outcome).as_ref()
    }

    /// Whether the page or a replacement failed because of its cursor. Returns the offset from the
    /// page to the failure: a failed replacement counts as one page further on.
    fn invalid_cursor(&self) -> Option<usize> {
        let is_invalid =
            |page: &Self| matches!(&page.server_outcome, Some(Err(error)) if is_invalid_cursor(error));
        if is_invalid(self) {
            return Some(0);
        }
        self.replacements.iter().any(is_invalid).then_some(1)
    }

    fn is_replacement_loaded(&self) -> bool {
        !self.replacements.is_empty()
            && self.replacements.iter().all(|part| matches!(part.server_outcome, Some(Ok(_))))
    }

    /// The point at which the page can be split, unless it is one of the page's ends.
    fn split_point<'e>(&self, envelope: &'e Envelope) -> Option<&'e SplitPoint> {
        let PaginationOpts { cursor, end_cursor, .. } = &self.opts;
        let ends = [cursor.as_ref(), end_cursor.as_ref(), Some(&envelope.continue_cursor)];
        envelope.split.as_ref().filter(|split| !ends.contains(&Some(&split.cursor)))
    }

    fn should_split<'e>(&self, envelope: &'e Envelope) -> Option<&'e SplitPoint> {
        let limit = GROWTH_LIMIT * u64::from(self.opts.num_items.max(1));
        self.split_point(envelope).filter(|split| split.is_recommended || envelope.has_more_items_than(limit))
    }
}
