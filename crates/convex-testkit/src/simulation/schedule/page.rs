//! Pages that a web server rendered (docs/auth.md, rule 15).
//!
//! Their draws come from a stream of their own, so that the rest of a schedule does not depend on
//! them.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    LOGINS, ListOperation, Login, MutationSpec, Operation, ProviderBehavior, QuerySpec, RejectionMode,
    Schedule, TimedOperation, UpdateKind,
};

/// Separates the stream of a page's draws from that of its schedule.
const STREAM: u64 = 0x5eed_0f5e_ed5e_edf0;

/// The share of the schedules that begin with a rendered page.
const SHARE: f64 = 0.3;

/// A page that a web server rendered, and that the client takes over.
#[derive(Debug, Clone, Copy)]
pub struct RenderedPage {
    /// The login that it was rendered as; `None`: anonymous.
    pub rendered_as: Option<Login>,
    /// The login at the provider; `None`: no user is signed in there.
    pub at_provider: Option<Login>,
    /// How often another client wrote before the page was rendered, …
    pub writes_before: u8,
    /// … and after it.
    pub writes_after: u8,
}

impl RenderedPage {
    fn random(random: &mut impl Rng) -> Self {
        let rendered_as = if random.random_bool(0.8) { LOGINS.choose(random).copied() } else { None };
        let at_provider = match random.random_range(0..10) {
            0..5 => rendered_as,
            5..8 => LOGINS.choose(random).copied(),
            _ => None,
        };
        let (writes_before, writes_after) = (random.random_range(0..4), random.random_range(0..3));
        Self { rendered_as, at_provider, writes_before, writes_after }
    }
}

impl Schedule {
    /// Begins some schedules with a rendered page.
    pub(super) fn render_some_pages(&mut self) {
        let mut random = StdRng::seed_from_u64(self.seed ^ STREAM);
        if !random.random_bool(SHARE) {
            return;
        }
        let page = RenderedPage::random(&mut random);
        self.config.page = Some(page);
        self.operations.retain(|timed| !is_first_sign_in(timed));
        let hydration: Vec<_> = hydration(&mut random).into_iter().map(at_once).collect();
        self.operations.splice(0..0, hydration);
        // The provider reports its session before hydration, later, or never.
        let report = page.at_provider.map_or(Operation::ProviderSignsOut, Operation::SignIn);
        match random.random_range(0..10) {
            0..2 => self.operations.insert(0, at_once(report)),
            2..7 => {
                let index = random.random_range(0..self.operations.len());
                let after = Duration::from_millis(random.random_range(0..2_000));
                self.operations.insert(index, TimedOperation { after, operation: report });
            }
            _ => {}
        }
    }
}

/// Whether this is the sign-in with which most schedules without a page begin.
fn is_first_sign_in(timed: &TimedOperation) -> bool {
    timed.after.is_zero() && matches!(timed.operation, Operation::SignIn(login) if login == LOGINS[0])
}

/// What the page's components do at once, and the faults of its first token fetch.
fn hydration(random: &mut impl Rng) -> Vec<Operation> {
    let mut operations = Vec::new();
    for _ in 0..random.random_range(1..3) {
        operations.push(Operation::Mount(QuerySpec::random(random)));
    }
    if random.random_bool(0.4) {
        operations.push(Operation::Lists(ListOperation::Mount(super::random::policy(random))));
    }
    if random.random_bool(0.6) {
        let update = *[UpdateKind::Note, UpdateKind::NoteInOne].choose(random).expect("there are two");
        operations.push(Operation::RunMutation(MutationSpec { update, ..MutationSpec::random(random) }));
    }
    if random.random_bool(0.3) {
        operations.push(Operation::SetProvider(ProviderBehavior::random(random)));
    }
    if random.random_bool(0.1) {
        operations.push(Operation::Reject(RejectionMode::Next));
    }
    operations
}

fn at_once(operation: Operation) -> TimedOperation {
    TimedOperation { after: Duration::ZERO, operation }
}
