//! A page that a web server rendered for Ada, with the gates and the user that a query runs as.

use crate::{
    fixture::{Page, deployment, options},
    gates::Gates,
    page::{Hydration, ServerPage},
};
use convex_leptos::{
    AuthProvider, AuthState, ConvexClient, ConvexProviderWithAuth, UseConvexAuth, UseQuery, sync::Config,
};
use convex_testkit_web::FakeDeployment;
use leptos::{prelude::*, reactive::effect::ImmediateEffect};

/// A page with the text "--A- ada": the open gate, and the result of `users:me` in a boundary.
pub struct UserPage {
    pub fake: FakeDeployment,
    pub client: ConvexClient,
    hydration: Hydration,
    page: Page,
    me: UseQuery<Option<String>>,
    state: UseConvexAuth,
    seen: StoredValue<Vec<String>>,
}

impl UserPage {
    /// The page of Ada, with the result "page".
    pub fn of_ada<P>(provider: impl FnOnce(&FakeDeployment) -> P) -> (Self, P)
    where
        P: AuthProvider + Copy,
    {
        Self::of_ada_with(Config::default(), provider)
    }

    pub fn of_ada_with<P>(config: Config, provider: impl FnOnce(&FakeDeployment) -> P) -> (Self, P)
    where
        P: AuthProvider + Copy,
    {
        let fake = deployment();
        let server_page = ServerPage::of_user(&fake, "ada").with("users:me", (), "page");
        Self::hydrate(fake, server_page, config, provider)
    }

    pub fn hydrate<P>(
        fake: FakeDeployment,
        server_page: ServerPage,
        config: Config,
        provider: impl FnOnce(&FakeDeployment) -> P,
    ) -> (Self, P)
    where
        P: AuthProvider + Copy,
    {
        let hydration = server_page.hydrate();
        let (client, auth) = hydration.with(|| {
            (ConvexClient::with_options(FakeDeployment::URL, options(&fake).config(config)), provider(&fake))
        });
        let handles = StoredValue::new(None);
        let seen = StoredValue::new(Vec::new());
        let page = hydration.show(move || {
            let children = move || {
                let (me, state) = (client.use_query("users:me", ()), client.use_auth());
                handles.set_value(Some((me, state)));
                ImmediateEffect::new_scoped(move || {
                    let now = format!("{} {}", letter(state.state()), describe(me));
                    seen.update_value(|seen: &mut Vec<String>| seen.push(now));
                });
                view! {
                    <Gates/> " "
                    <Suspense fallback=|| "waiting">{move || describe(me)}</Suspense>
                }
            };
            view! { <ConvexProviderWithAuth client auth>{children()}</ConvexProviderWithAuth> }
        });
        let (me, state) = handles.get_value().expect("the page was built");
        (Self { fake, client, hydration, page, me, state, seen }, auth)
    }

    /// Adds another provider to the client, as another component would.
    pub fn add_provider(&self, provider: impl AuthProvider) {
        self.hydration.with(|| self.client.set_auth(provider));
    }

    /// Ends the hydration.
    pub fn complete(&self) {
        self.hydration.complete();
    }

    pub fn text(&self) -> String {
        self.page.text()
    }

    pub async fn until_text(&self, text: &str) {
        self.page.until_text(text).await;
    }

    /// The state and the user, as a reader in the current tick sees them.
    pub fn now(&self) -> String {
        untrack(|| format!("{} {}", letter(self.state.state()), describe(self.me)))
    }

    /// Every state and user that an immediate effect outside of the boundary has seen.
    pub fn seen(&self) -> Vec<String> {
        let mut seen = self.seen.get_value();
        seen.dedup();
        seen
    }

    /// The users that functions have run as, in order.
    pub fn ran_as(&self) -> Vec<String> {
        self.fake.deployment(|deployment, _| {
            let subject = |identity: &convex_testkit_web::testkit::Identity| identity.subject.clone();
            let user = |run: &convex_testkit_web::testkit::Execution| {
                run.identity.as_ref().map_or_else(|| "anonymous".to_owned(), subject)
            };
            deployment.executions().iter().map(user).collect()
        })
    }

    /// The types of the frames that were sent, in order.
    pub fn frames(&self) -> Vec<String> {
        let type_of = |frame: String| {
            let frame: serde_json::Value = serde_json::from_str(&frame).expect("a frame is JSON");
            frame["type"].as_str().expect("a frame has a type").to_owned()
        };
        self.fake.sent().into_iter().map(type_of).collect()
    }
}

/// The gate that is open in this state.
fn letter(state: AuthState) -> &'static str {
    match state {
        AuthState::Loading { .. } => "L",
        AuthState::Authenticated { refreshing: false } => "A",
        AuthState::Authenticated { refreshing: true } => "R",
        AuthState::Unauthenticated { .. } => "U",
    }
}

fn describe(me: UseQuery<Option<String>>) -> String {
    me.value().map_or_else(|| "-".to_owned(), |me| me.unwrap_or_else(|| "anonymous".to_owned()))
}
