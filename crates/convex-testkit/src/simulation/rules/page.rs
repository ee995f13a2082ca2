//! The page that the client takes over (rule 15).

use std::{collections::BTreeSet, time::Duration};

use convex_sync::{AuthState, PaginationStatus};

use super::{Violation, state::StateRules, wire::WireRules};
use crate::simulation::{
    epochs::WantedIdentity,
    functions::is_seed,
    world::{ListComponent, TakenOverPage, World},
};

/// The largest error of the client's estimate of the server's clock.
const CLOCK_ERROR: Duration = Duration::from_secs(10);

const STANDS: &str = "the user of a page is signed in until the first rejection";
const IDENTITY: &str = "a page belongs to the identity that it was rendered as";
const LISTS: &str = "the first page of a list is shown from a rendered page";
const LIVE: &str = "a result of the page never replaces a live one";

#[derive(Default)]
pub(super) struct PageRules {
    /// The queries that have shown a live result: function and arguments.
    live: BTreeSet<(&'static str, String)>,
    /// Whether the server has just rejected the last token that was sent.
    is_rejected: bool,
}

impl PageRules {
    /// The server has rejected the last token that was sent.
    pub(super) fn token_rejected(&mut self) {
        self.is_rejected = true;
    }

    pub(super) fn check(
        &mut self,
        world: &World,
        wire: &WireRules,
        state: &StateRules,
    ) -> Result<(), Violation> {
        let is_rejected = std::mem::take(&mut self.is_rejected);
        let Some(page) = &world.page else { return Ok(()) };
        let is_refreshing = *world.pair.client.auth() != AuthState::Authenticated { refreshing: false };
        if is_rejected && wire.confirmations == 0 && !is_refreshing {
            return Violation::of(STANDS, "and is refreshing after it");
        }
        check_state(world, page, wire, state)?;
        check_identity(world, page)?;
        self.check_results(world)
    }

    fn check_results(&mut self, world: &World) -> Result<(), Violation> {
        for component in &world.components {
            let args = component.query.args().to_string();
            for (path, query) in component.query.kind.functions().iter().zip(&component.handles) {
                let Some(Ok(result)) = world.pair.result(*query) else { continue };
                let key = (*path, args.clone());
                if !is_seed(&result) {
                    self.live.insert(key);
                } else if self.live.contains(&key) {
                    return Violation::of(LIVE, format!("{:?} shows {result}", component.query));
                }
            }
        }
        // A list and the query of all cards are seeded, answered and removed together.
        let is_empty = |component: &&ListComponent| {
            let (result, _) = world.list_result(component.list);
            let is_loading = result.status == PaginationStatus::LoadingFirstPage;
            component.is_seeded && is_loading && world.is_list_seeded(component.all)
        };
        match world.lists.iter().find(is_empty) {
            Some(component) => Violation::of(LISTS, format!("{component:?} shows no page")),
            None => Ok(()),
        }
    }
}

/// Whether the page's identity certainly stands.
fn stands(world: &World, page: &TakenOverPage) -> bool {
    page.epoch == world.epochs.current() && !world.has_identity_changed(page.epoch)
}

fn check_state(
    world: &World,
    page: &TakenOverPage,
    wire: &WireRules,
    state: &StateRules,
) -> Result<(), Violation> {
    let auth = world.pair.client.auth();
    let is_doubted = wire.auth_errors > 0 || state.repeated_rejected > 0 || wire.confirmations > 0;
    // A client with a wrong estimate of the clock may take a token for expired.
    let soon = world.pair.unix_in(CLOCK_ERROR);
    let may_have_expired = world.is_clock_unreliable || world.token_provider.has_token_until(soon);
    if page.login.is_none() || !stands(world, page) || is_doubted || may_have_expired {
        return Ok(());
    }
    match auth {
        AuthState::Authenticated { refreshing: false } => Ok(()),
        _ => Violation::of(STANDS, format!("{auth:?}")),
    }
}

fn check_identity(world: &World, page: &TakenOverPage) -> Result<(), Violation> {
    let client = &world.pair.client;
    let subject = client.claims().and_then(|claims| claims.subject.as_deref());
    let wanted = world.epochs.identity();
    let expected = match page.login {
        None => Some(wanted == WantedIdentity::Anonymous),
        Some(_) if stands(world, page) => Some(true),
        Some(_) if wanted != WantedIdentity::User => Some(false),
        Some(login) => subject.filter(|subject| *subject != login.user).map(|_| false),
    };
    match expected.filter(|expected| *expected != client.is_identity(page.identity)) {
        None => Ok(()),
        Some(expected) => {
            let how = format!("is_identity is {}, and {wanted:?} ({subject:?}) is wanted", !expected);
            Violation::of(IDENTITY, how)
        }
    }
}
