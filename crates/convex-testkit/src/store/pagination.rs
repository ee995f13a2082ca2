//! `paginate`: a range of a query between two cursors. The range stays the same while documents are
//! inserted and deleted.

use std::ops::Bound;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{Order, Sequence, TableQuery, reads::Range};
use crate::{
    functions::{FunctionError, PaginationOptions},
    object,
    value::{Object, Value},
};

/// The size at which a page should or must be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Above this number of documents, a split is recommended.
    pub recommended: usize,
    /// A page ends after this many documents even if its range contains more: a split is required.
    pub required: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { recommended: 12_288, required: 16_384 }
    }
}

/// A page, as [`TableQuery::paginate`] returns it. It converts to the [`Value`] that clients
/// expect.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The documents.
    pub page: Vec<Object>,
    /// Whether it is the last page.
    pub is_done: bool,
    /// The cursor at its end.
    pub continue_cursor: String,
    /// The cursor at which it can be split.
    pub split_cursor: Option<String>,
    /// Whether it should be split.
    pub status: Option<PageStatus>,
}

/// Whether a page is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageStatus {
    /// It is large: a split is recommended.
    SplitRecommended,
    /// It is too large, and incomplete: a split is required.
    SplitRequired,
}

impl From<Page> for Value {
    fn from(page: Page) -> Self {
        let status = page.status.map(|status| match status {
            PageStatus::SplitRecommended => "SplitRecommended",
            PageStatus::SplitRequired => "SplitRequired",
        });
        Self::Object(object! {
            "page" => page.page,
            "isDone" => page.is_done,
            "continueCursor" => page.continue_cursor,
            "splitCursor" => page.split_cursor,
            "pageStatus" => status,
        })
    }
}

/// The journal of a query: where the page of its last execution ended.
#[derive(Debug, Default)]
pub(crate) struct Pinned {
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// A position in a query: before its first document, after a document (which may be deleted), or at
/// its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Start,
    After(Sequence),
    End,
}

impl TableQuery<'_, '_> {
    /// Sets the limits of a page.
    pub fn page_limits(mut self, limits: PageLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The documents between two cursors. On the first execution, as many as requested; on later
    /// ones, all that are in the range now. The query's journal stores the end of the range.
    ///
    /// A function may paginate once.
    ///
    /// # Errors
    ///
    /// [`FunctionError::unreadable_cursor`] if a cursor or the journal cannot be decoded,
    /// [`FunctionError::invalid_cursor`] if it belongs to another query.
    pub fn paginate(self, options: &PaginationOptions) -> Result<Page, FunctionError> {
        let fingerprint = self.fingerprint();
        let key = self.transaction.cursor_key();
        let position = |cursor: &String| Position::parse(cursor, key, &fingerprint);
        let start = options.cursor.as_ref().map_or(Ok(Position::Start), position)?;
        let end = options.end_cursor.as_ref().or(self.transaction.pinned.previous.as_ref());
        let end = end.map(position).transpose()?;

        let mut documents =
            self.transaction.scan(&self.between(start, end.unwrap_or(Position::End)), self.order);
        let most = end.map_or(options.num_items.min(self.limits.required), |_| self.limits.required);
        let is_all = documents.len() < most || end.is_some() && documents.len() == most;
        documents.truncate(most);
        let reached = match documents.last() {
            _ if is_all => end.unwrap_or(Position::End),
            Some((sequence, _)) => Position::After(*sequence),
            None => start,
        };
        let status = match documents.len() {
            _ if end.is_some() && !is_all => Some(PageStatus::SplitRequired),
            length if length > self.limits.recommended => Some(PageStatus::SplitRecommended),
            _ => None,
        };
        let middle = documents.len().checked_div(2).filter(|middle| *middle > 0);
        let split = middle.map(|middle| Position::After(documents[middle - 1].0));
        let read = self.between(start, reached);
        self.transaction.note(read);

        let continues = end.unwrap_or(reached);
        let continue_cursor = continues.cursor(key, &fingerprint);
        self.transaction.pinned.next = Some(continue_cursor.clone());
        Ok(Page {
            page: documents.into_iter().map(|(_, document)| document).collect(),
            is_done: continues == Position::End,
            continue_cursor,
            split_cursor: split.map(|split| split.cursor(key, &fingerprint)),
            status,
        })
    }

    /// The documents after `start`, up to and including `end`.
    fn between(&self, start: Position, end: Position) -> Range {
        const NOTHING_BEFORE: Bound<Sequence> = Bound::Excluded(Sequence::MIN);
        const NOTHING_AFTER: Bound<Sequence> = Bound::Excluded(Sequence::MAX);
        let (no_start, no_end) = match self.order {
            Order::Ascending => (NOTHING_AFTER, NOTHING_BEFORE),
            Order::Descending => (NOTHING_BEFORE, NOTHING_AFTER),
        };
        let start = match start {
            Position::Start => Bound::Unbounded,
            Position::After(sequence) => Bound::Excluded(sequence),
            Position::End => no_start,
        };
        let end = match end {
            Position::Start => no_end,
            Position::After(sequence) => Bound::Included(sequence),
            Position::End => Bound::Unbounded,
        };
        let sequences = match self.order {
            Order::Ascending => (start, end),
            Order::Descending => (end, start),
        };
        Range { sequences, ..self.range.clone() }
    }

    /// Identifies the query that a cursor belongs to.
    fn fingerprint(&self) -> String {
        let text = format!("{} {:?} {:?}", self.range.table, self.range.equal, self.order);
        URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..6])
    }
}

impl Position {
    fn cursor(self, key: u32, fingerprint: &str) -> String {
        let place = match self {
            Self::Start => "start".to_owned(),
            Self::After(sequence) => sequence.to_string(),
            Self::End => "end".to_owned(),
        };
        URL_SAFE_NO_PAD.encode(format!("{key} {fingerprint} {place}"))
    }

    fn parse(cursor: &str, key: u32, fingerprint: &str) -> Result<Self, FunctionError> {
        let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let readable = text.as_deref().and_then(|text| text.strip_prefix(&format!("{key} ")));
        let readable = readable.and_then(|text| text.split_once(' '));
        let (query, place) = readable.ok_or_else(FunctionError::unreadable_cursor)?;
        if query != fingerprint {
            return Err(FunctionError::invalid_cursor());
        }
        match place {
            "start" => Ok(Self::Start),
            "end" => Ok(Self::End),
            sequence => sequence.parse().map(Self::After).map_err(|_| FunctionError::unreadable_cursor()),
        }
    }
}
