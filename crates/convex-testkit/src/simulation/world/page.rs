//! The page that the client takes over (docs/auth.md, rule 15).

use std::time::Duration;

use convex_sync::{
    AuthPolicy, EncodedValue, FetchId, PageIdentity, PaginatedHandle, QueryHandle, Session, Time,
};
use serde_json::{Value as Json, json};

use super::{World, lists::INITIAL_ITEMS};
use crate::{
    functions::FunctionKind,
    identity::{Identity, Verifier},
    simulation::{
        epochs::WantedIdentity,
        functions::{cards, mark_as_seed},
        schedule::{ListOperation, Login, ProviderBehavior, QueryKind, QuerySpec, RenderedPage},
    },
    value::{Object, Value},
};

/// The page that the client has taken over.
pub(in crate::simulation) struct TakenOverPage {
    pub(in crate::simulation) identity: PageIdentity,
    /// The login that it was rendered as; `None`: anonymous.
    pub(in crate::simulation) login: Option<Login>,
    /// The epoch of that identity.
    pub(in crate::simulation) epoch: u64,
    /// Whether another user is signed in at the provider. Their tokens carry the number of the next
    /// epoch.
    has_other_user: bool,
    /// The session that the client goes by until the provider reports one.
    presumed: Option<Session>,
    /// The results in the page, by function.
    results: Vec<(&'static str, EncodedValue)>,
    /// The queries that were subscribed so far.
    mounted: Vec<QuerySpec>,
    /// The queries that show the page's result since the last check.
    pub(in crate::simulation) seeded: Vec<QueryHandle>,
}

impl World {
    /// Renders the page, and has the client take it over.
    pub(super) fn take_over(&mut self, page: RenderedPage) {
        for _ in 0..page.writes_before {
            self.write();
            self.apply_to_lists(ListOperation::Insert(2));
            self.operations += 1;
        }
        let RenderedPage { rendered_as: login, at_provider, .. } = page;
        if login.is_some() {
            self.epochs.begin(WantedIdentity::User);
        }
        let epoch = self.epochs.current();
        let token = login.map(|login| self.token_provider.token_of_page(login, epoch));
        let identity = match (login, &token) {
            (Some(login), Some(token)) => PageIdentity::of_user(login.key, token),
            _ => PageIdentity::Anonymous,
        };
        let results = self.render(token.as_deref());
        for _ in 0..page.writes_after {
            self.write();
            self.apply_to_lists(ListOperation::Insert(1));
            self.operations += 1;
        }
        let user = login.map(|login| login.user);
        let has_other_user = at_provider.is_some_and(|login| user.is_some_and(|user| user != login.user));
        match at_provider {
            Some(login) => self.token_provider.sign_in(login, epoch + u64::from(has_other_user)),
            None if login.is_some() => self.token_provider.set_behavior(ProviderBehavior::SignedOut),
            None => {}
        }
        let presumed = Some(login.map_or(Session::SignedOut, |login| Session::signed_in(login.key)));
        self.page = Some(TakenOverPage {
            identity,
            login,
            epoch,
            has_other_user,
            presumed,
            results,
            mounted: Vec::new(),
            seeded: Vec::new(),
        });
        self.pair.command(|client, now| client.presume(now, identity));
    }

    /// The results of all functions as the caller with this token.
    fn render(&mut self, token: Option<&str>) -> Vec<(&'static str, EncodedValue)> {
        let now = self.pair.unix_in(Duration::ZERO);
        let verifier = self.token_provider.issuer();
        let identity = token.map(|token| verifier.verify(token, now).expect("it was just issued"));
        let of_components = QueryKind::ALL.into_iter().flat_map(QueryKind::functions).copied();
        let functions: Vec<_> = of_components.chain([cards::ALL, cards::PAGE]).collect();
        functions.into_iter().map(|path| (path, self.render_one(path, identity.clone()))).collect()
    }

    fn render_one(&mut self, path: &str, identity: Option<Identity>) -> EncodedValue {
        let mut args = Object::new();
        if path == cards::PAGE {
            let options = json!({ "numItems": INITIAL_ITEMS, "cursor": null, "id": 1 });
            args.insert("paginationOpts".into(), Value::try_from(options).expect("JSON is a value"));
        }
        let response = self.pair.deployment.call(Time::ZERO, FunctionKind::Query, path, args, identity);
        let mut result = Json::from(response.result.expect("no function fails yet"));
        mark_as_seed(&mut result);
        EncodedValue::encode(&result).expect("JSON is a value")
    }

    // ---- results ----

    /// Seeds a component that was just mounted with the page's results, if the identity still stands.
    pub(super) fn seed_component(&mut self, query: QuerySpec, handles: &[QueryHandle]) {
        let Some(page) = &mut self.page else { return };
        let is_first = !page.mounted.contains(&query);
        page.mounted.push(query);
        // A web server runs no `Required` query anonymously.
        let is_rendered = query.auth != AuthPolicy::Required || page.login.is_some();
        let is_current = self.epochs.current() == page.epoch && self.pair.client.is_identity(page.identity);
        // It has no effect on queries with a result. Later, one half may have a live one already.
        let have_results = handles.iter().all(|query| self.pair.client.result(*query).is_some());
        let is_consistent = self.pair.now() == Time::ZERO || query.kind != QueryKind::Halves;
        let is_useful = have_results || is_first && is_consistent;
        if !(is_useful && is_rendered && is_current) {
            return;
        }
        for (path, handle) in query.kind.functions().iter().zip(handles) {
            self.seed(path, *handle);
        }
        self.page.iter_mut().for_each(|page| page.seeded.extend(handles));
    }

    /// The same for a list and the query of all cards, during hydration. Returns whether they show
    /// the page's results.
    pub(super) fn seed_list(&mut self, auth: AuthPolicy, list: PaginatedHandle, all: QueryHandle) -> bool {
        let Some(page) = &self.page else { return false };
        let is_rendered = auth != AuthPolicy::Required || page.login.is_some();
        let is_current = self.epochs.current() == page.epoch && self.pair.client.is_identity(page.identity);
        if self.pair.now() > Time::ZERO || !is_rendered || !is_current {
            return false;
        }
        if let Some(first_page) = self.pair.client.first_page(list) {
            self.seed(cards::PAGE, first_page);
            self.seed(cards::ALL, all);
        }
        true
    }

    fn seed(&mut self, path: &str, query: QueryHandle) {
        let results = self.page.iter().flat_map(|page| &page.results);
        let result = results.into_iter().find(|(function, _)| *function == path).map(|(_, result)| result);
        if let Some(result) = result.cloned() {
            self.pair.client.seed(query, Ok(result));
        }
    }

    // ---- the session ----

    /// The session that the client goes by until the provider reports one.
    pub(super) fn presumed(&self) -> Option<&Session> {
        self.page.as_ref()?.presumed.as_ref()
    }

    /// The provider has reported a session for the first time, or there is none any more. Returns
    /// the session that the client went by until now.
    pub(super) fn take_presumed(&mut self, reported: Option<&Session>) -> Option<Session> {
        let presumed = self.page.as_mut()?.presumed.take()?;
        match self.page.as_ref()?.login {
            Some(login) if reported == Some(&presumed) => self.token_provider.assign_to_session(login.key),
            // After a fetch that was answered with "signed out", the tokens have been assigned.
            Some(_) if presumed != Session::SignedOut => self.token_provider.forget_received(),
            _ => {}
        }
        Some(presumed)
    }

    /// The provider has answered a fetch with "signed out". Its first report of a user is a change.
    pub(in crate::simulation) fn replied_signed_out(&mut self) {
        self.is_resumable = false;
        let Some(TakenOverPage { login: Some(login), presumed: Some(presumed), .. }) = &mut self.page else {
            return;
        };
        *presumed = Session::SignedOut;
        self.token_provider.assign_to_session(login.key);
    }

    /// The identity changes.
    pub(in crate::simulation) fn begin_epoch(&mut self, identity: WantedIdentity) {
        let page = self.page.as_ref();
        if page.is_some_and(|page| page.has_other_user && page.epoch == self.epochs.current()) {
            self.epochs.skip();
        }
        self.epochs.begin(identity);
    }

    /// The client has received the answer to a fetch. If it uses a token now, and the page was
    /// rendered as another user, the identity changes.
    pub(in crate::simulation) fn received_token(&mut self, fetch: FetchId) {
        let Some(TakenOverPage { login: Some(login), has_other_user: true, epoch, .. }) = self.page else {
            return;
        };
        let is_of_other = match self.pair.client.claims() {
            Some(claims) => claims.subject.as_deref() != Some(login.user),
            None => self.token_provider.replied_unreadable(fetch),
        };
        if epoch == self.epochs.current() && is_of_other {
            self.epochs.begin(WantedIdentity::User);
            self.token_provider.set_epoch(self.epochs.current());
        }
    }
}
