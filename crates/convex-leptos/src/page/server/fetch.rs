//! The fetch of one query, for all its subscribers on a page.

use super::{log, write};
use crate::{client::Shared, server::send::into_send};
use convex_web::{
    ConvexHttpClient, HttpError, Update,
    sync::{Arguments, EncodedValue, FunctionError, FunctionPath, PagePlace, PaginatedHandle, QueryHandle},
};
use futures_util::task::Waker;
use leptos::prelude::*;
use std::{
    future::{Future, poll_fn},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

/// Results with more bytes of JSON are left to the browser: a page contains each result twice, as
/// HTML and as data, and hydration waits for the end of the page.
const MAX_RESULT_BYTES: usize = 1 << 20;

type QueryResult = Result<EncodedValue, FunctionError>;

pub(super) struct Fetch {
    place: PagePlace,
    is_in_page: AtomicBool,
    state: Mutex<FetchState>,
}

enum FetchState {
    Running {
        waiting: Vec<Waiting>,
        wakers: Vec<Waker>,
    },
    /// `None`: the query is left to the browser.
    Ended(Option<QueryResult>),
}

/// A subscription that waits for the result.
pub(super) struct Waiting {
    pub(super) query: QueryHandle,
    /// The list that the query is the first page of.
    pub(super) list: Option<PaginatedHandle>,
    pub(super) left_to_browser: ArcRwSignal<bool>,
}

impl Fetch {
    pub(super) fn new(place: PagePlace) -> Self {
        let state = FetchState::Running { waiting: Vec::new(), wakers: Vec::new() };
        Self { place, is_in_page: AtomicBool::new(false), state: Mutex::new(state) }
    }

    /// Writes the result into the page, once, when it has arrived.
    pub(super) fn write_into_page(self: &Arc<Self>) {
        if self.is_in_page.load(Ordering::Relaxed) {
            return;
        }
        let fetch = Arc::clone(self);
        let is_in_page = write(self.place, async move {
            let result = fetch.ended().await;
            result.map(|result| fetch.place.write_result(&result)).unwrap_or_default()
        });
        self.is_in_page.store(is_in_page, Ordering::Relaxed);
    }

    /// Adds a subscription. If the result has arrived, it gets it at once.
    pub(super) fn add(&self, client: &Arc<Shared>, waiting: Waiting) {
        let result = match &mut *self.lock() {
            FetchState::Running { waiting: others, .. } => return others.push(waiting),
            FetchState::Ended(result) => result.clone(),
        };
        deliver(client, result.as_ref(), &[waiting]);
    }

    /// Runs the query. The task holds the client, but no signal of the page: it may end after the
    /// page.
    pub(super) fn start(
        self: Arc<Self>,
        client: Arc<Shared>,
        http: ConvexHttpClient,
        function: FunctionPath,
        args: Arguments,
    ) {
        let task = async move {
            let result = result_for_page(&function, http.query_encoded(&function, &args).await);
            let (waiting, wakers) = self.end(result.clone());
            deliver(&client, result.as_ref(), &waiting);
            wakers.into_iter().for_each(Waker::wake);
        };
        leptos::task::spawn(into_send(task));
    }

    fn end(&self, result: Option<QueryResult>) -> (Vec<Waiting>, Vec<Waker>) {
        match std::mem::replace(&mut *self.lock(), FetchState::Ended(result)) {
            FetchState::Running { waiting, wakers } => (waiting, wakers),
            FetchState::Ended(_) => (Vec::new(), Vec::new()),
        }
    }

    fn ended(self: &Arc<Self>) -> impl Future<Output = Option<QueryResult>> + Send + use<> {
        let fetch = Arc::clone(self);
        poll_fn(move |cx| match &mut *fetch.lock() {
            FetchState::Running { wakers, .. } => {
                wakers.push(cx.waker().clone());
                Poll::Pending
            }
            FetchState::Ended(result) => Poll::Ready(result.clone()),
        })
    }

    /// Not held while anything is notified.
    fn lock(&self) -> MutexGuard<'_, FetchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the result to subscriptions, in one update.
fn deliver(client: &Arc<Shared>, result: Option<&QueryResult>, waiting: &[Waiting]) {
    let Some(result) = result else {
        return waiting.iter().for_each(|waiting| waiting.left_to_browser.set(true));
    };
    for waiting in waiting {
        client.web().seed(waiting.query, result.clone());
    }
    let queries = waiting.iter().map(|waiting| waiting.query).collect();
    let paginated = waiting.iter().filter_map(|waiting| waiting.list).collect();
    untrack(|| client.publish(&Update { queries, paginated, ..Update::default() }));
}

/// What the page may contain: a value or the function's error. Other failures are logged.
fn result_for_page(function: &FunctionPath, result: Result<QueryResult, HttpError>) -> Option<QueryResult> {
    match result {
        Ok(Ok(value)) if value.as_json().len() > MAX_RESULT_BYTES => {
            log::warn(&format!(
                "`{function}` runs in the browser only: its result has {} bytes, and a page holds at most \
                 {MAX_RESULT_BYTES}; paginate it, or say `OnServer::Never`",
                value.as_json().len(),
            ));
            None
        }
        Ok(result) => Some(result),
        Err(error) => {
            log::warn(&format!("`{function}` was not rendered, it runs in the browser: {error}"));
            None
        }
    }
}
