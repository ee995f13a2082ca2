//! A page that a web server rendered, and the client in the browser that takes it over.

use super::support::{
    World, lists,
    lists::numbers,
    notes::{add_one, count_of},
    seconds,
};
use convex_sync::{
    AuthPolicy::Settled,
    PageIdentity, PagePlace, PaginatedHandle, QueryHandle, RequestId, Session,
    wire::{HttpAnswer, http_body},
};
use convex_testkit::{FunctionKind, HttpRequest, PairEvent};
use serde_json::{Value as Json, json};

/// An app with three queries and a mutation, which the user calls before the client has a token.
pub struct Page {
    pub world: World,
    pub identity: PageIdentity,
    /// `users:me`.
    pub me: QueryHandle,
    /// `notes:count`.
    pub count: QueryHandle,
    /// The first two of three cards.
    pub cards: PaginatedHandle,
    /// `notes:add`, with an optimistic update that adds one to `notes:count`.
    pub write: RequestId,
    /// The number of events when the client had taken over the page.
    taken_over: usize,
}

/// The results that the user sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    pub me: Option<Json>,
    pub count: Option<f64>,
    pub cards: Vec<u32>,
}

impl Screen {
    /// The page's results with the optimistic update.
    pub fn of_page(user: &str) -> Self {
        Self { me: Some(json!(user)), count: Some(1.0), cards: vec![2, 1] }
    }

    pub fn empty() -> Self {
        Self { me: None, count: None, cards: Vec::new() }
    }
}

impl Page {
    /// A page that was rendered as Alice. `provide` sets how token fetches are answered; the
    /// provider's session is loading.
    pub fn of_alice(provide: impl FnOnce(&mut World)) -> Self {
        Self::rendered_as(Some("alice"), provide)
    }

    pub fn anonymous(provide: impl FnOnce(&mut World)) -> Self {
        Self::rendered_as(None, provide)
    }

    /// The session key is the user's name.
    fn rendered_as(user: Option<&str>, provide: impl FnOnce(&mut World)) -> Self {
        let mut world = World::new();
        provide(&mut world);
        world.pair.server(|deployment, now| {
            deployment.edit(now, |db| (0..3).for_each(|n| lists::add(db, n, true)))
        });
        let token = user.map(|user| world.token(user, seconds(3600)));
        let identity = match (user, &token) {
            (Some(user), Some(token)) => PageIdentity::of_user(user, token),
            _ => PageIdentity::Anonymous,
        };
        world.pair.command(|client, now| client.presume(now, identity));
        world.pair.command(|client, now| client.switch_provider(now, Session::Loading));
        let me = world.pair.subscribe("users:me", &json!({}), Settled);
        let count = world.pair.subscribe("notes:count", &json!({}), Settled);
        let cards = world.pair.subscribe_paginated("cards:page", &json!({}), Settled, 2);
        let first_page = world.pair.client.first_page(cards).unwrap();
        for query in [me, count, first_page] {
            let (place, payload) = render(&mut world, query, identity, token.as_deref());
            let result = place.read_result(&payload).unwrap();
            world.pair.command(|client, _| client.seed(query, result));
        }
        world.pair.server(|deployment, _| deployment.take_executions());
        let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "hello" }), add_one);
        let taken_over = world.pair.events().len();
        Self { world, identity, me, count, cards, write, taken_over }
    }

    pub fn screen(&self) -> Screen {
        let me = self.world.pair.result(self.me).map(|result| result.unwrap());
        let cards = numbers(&self.world.pair.client.paginated(self.cards).unwrap());
        Screen { me, count: count_of(&self.world, self.count), cards }
    }

    pub fn provider_reports(&mut self, session: Option<Session>) {
        self.world.pair.command(|client, now| client.set_session(now, session));
    }

    pub fn sign_out(&mut self) {
        self.world.pair.command(|client, now| client.sign_out(now));
    }

    /// Runs until the mutation has settled and the client is live. Everything in flight is complete
    /// then.
    pub fn run_until_done(&mut self) {
        let write = self.write;
        self.world.pair.run_until(|pair| pair.outcome(write).is_some());
        self.world.pair.run_until_live();
        self.world.pair.run_for(seconds(1));
    }

    /// The auth states and identities that were reported since the page was taken over.
    pub fn reported_auth(&self) -> Vec<&PairEvent> {
        let events = self.world.pair.events()[self.taken_over..].iter().map(|(_, event)| event);
        events.filter(|event| matches!(event, PairEvent::Auth(..) | PairEvent::Identity(_))).collect()
    }

    /// Asserts that every function that has run in the browser ran as this user.
    #[track_caller]
    pub fn assert_all_ran_as(&self, user: &str) {
        let runs = self.world.ran_as("");
        assert!(runs.iter().all(|ran_as| ran_as == user), "{runs:?}\n{}", self.world.pair.trace());
    }
}

/// The payload that the web server writes into the page for a query.
fn render(
    world: &mut World,
    query: QueryHandle,
    identity: PageIdentity,
    token: Option<&str>,
) -> (PagePlace, String) {
    let (function, args, auth) = world.pair.client.query_call(query).unwrap();
    let place = PagePlace::of_query(function, args, auth, identity);
    let body = http_body(function, args).unwrap();
    let authorization = token.map(|token| format!("Bearer {token}"));
    let request = HttpRequest {
        authorization: authorization.as_ref().map(String::as_bytes),
        ..HttpRequest::new(FunctionKind::Query, &body)
    };
    let reply = world.pair.server(|deployment, now| deployment.http(now, &request));
    let HttpAnswer::Ran { outcome, .. } = HttpAnswer::read(reply.status, &reply.body, None) else {
        panic!("the function ran: {reply:?}");
    };
    (place, place.write_result(&outcome))
}
