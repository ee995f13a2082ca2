//! Random schedules.
//!
//! The order of the draws is fixed: corpora of the fuzzer and known seeds depend on it.

use std::time::Duration;

use convex_sync::AuthPolicy;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    KILLERS, LOGINS, ListFault, ListOperation, MutationSpec, Operation, ProviderBehavior, ProviderOperation,
    QueryKind, QuerySpec, RejectionMode, Schedule, TimedOperation, UpdateKind, WorldConfig,
};
use crate::pair::DialOutcome;

/// Malformed or meaningless frames.
const FRAMES: [&str; 8] = [
    "<html>",
    "{}",
    r#"{"type":"FromTheFuture","x":[1]}"#,
    r#"{"type":"AuthError","error":"e"}"#,
    r#"{"type":"AuthError","error":"e","baseVersion":0,"authUpdateAttempted":false}"#,
    r#"{"type":"MutationResponse","requestId":4000,"success":true,"result":1,"ts":"AAAAAAAAAAA=","logLines":[]}"#,
    r#"{"type":"ActionResponse","requestId":0,"success":"perhaps"}"#,
    r#"{"type":"TransitionChunk","chunk":"{","partNumber":0,"totalParts":3,"transitionId":"9"}"#,
];

impl Schedule {
    /// Generates the schedule of a seed. One seed always gives the same schedule.
    pub fn from_seed(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let config = WorldConfig::random(&mut random);
        let mut operations =
            vec![TimedOperation { after: Duration::ZERO, operation: Operation::SignIn(LOGINS[0]) }];
        operations.extend((0..random.random_range(2..4)).map(|_| TimedOperation {
            after: Duration::ZERO,
            operation: Operation::Mount(QuerySpec::random(&mut random)),
        }));
        // Some pages load anonymously, or with a late login.
        if random.random_bool(0.3) {
            operations.remove(0);
        }
        operations.extend((0..random.random_range(4..40)).map(|_| TimedOperation::random(&mut random)));
        let mut schedule = Self { seed, config, operations };
        schedule.render_some_pages();
        schedule
    }
}

impl WorldConfig {
    pub(crate) fn random(random: &mut impl Rng) -> Self {
        let minutes_off = [0, 0, 0, 0, 10, -10, 90, -90];
        let (latency, jitter) = (choose(random, &[1, 20, 20, 300, 2000]), choose(random, &[0, 0, 10, 1500]));
        // A token must live longer than a round trip to be usable.
        let shortest_life = if latency + jitter < 50 { 3 } else { 20 };
        Self {
            clock_ahead: 60_000 * choose(random, &minutes_off),
            answers_singly: random.random(),
            chunk_bytes: random.random_bool(0.2).then(|| random.random_range(20..200)),
            latency: millis(latency),
            jitter: millis(jitter),
            cuts_per_mille: choose(random, &[0, 0, 0, 5, 50]),
            token_life: seconds(choose(random, &[shortest_life, 20, 60, 60, 600])),
            query_cache_time: seconds(choose(random, &[0, 0, 0, 5, 60])),
            wakes_at_the_end: random.random(),
            network_changes_at_the_end: random.random(),
            page: None,
        }
    }
}

impl TimedOperation {
    pub(crate) fn random(random: &mut impl Rng) -> Self {
        let after = match random.random_range(0..10) {
            0..3 => Duration::ZERO,
            3..7 => millis(random.random_range(0..100)),
            7..9 => millis(random.random_range(0..5_000)),
            _ => millis(random.random_range(0..70_000)),
        };
        Self { after, operation: Operation::random(random) }
    }
}

impl Operation {
    fn random(random: &mut impl Rng) -> Self {
        if random.random_bool(0.15) {
            return Self::query_operation(random);
        }
        if random.random_bool(0.02) {
            return match random.random_range(0..3) {
                0 => Self::RunKiller(policy(random), random.random_range(0..KILLERS.len() as u8)),
                _ => Self::NetworkChanges { sockets_die: random.random() },
            };
        }
        if random.random_bool(0.2) {
            return Self::Lists(ListOperation::random(random));
        }
        if random.random_bool(0.06) {
            return Self::Providers(ProviderOperation::random(random));
        }
        match random.random_range(0..100) {
            0..8 => Self::SignIn(choose(random, &LOGINS)),
            8..10 => Self::ProviderSignsOut,
            10..11 => Self::ProviderLoads,
            11..14 => Self::SignOut,
            14..16 => Self::Reauthenticate,
            16..24 => Self::Mount(QuerySpec::random(random)),
            24..27 => Self::Unmount(random.random()),
            27..28 => Self::Remount(random.random()),
            28..31 => Self::ChangeArgs(random.random(), random.random_range(0..2)),
            31..42 => Self::RunMutation(MutationSpec::random(random)),
            42..46 => Self::RunAction {
                auth: policy(random),
                takes: millis(choose(random, &[0, 100, 5_000])),
                timeout: timeout(random),
            },
            46..48 => Self::Cancel(random.random_range(0..4)),
            48..61 => Self::SetProvider(ProviderBehavior::random(random)),
            61..63 => Self::SetClock(random.random_range(-4_000_000..4_000_000)),
            63..67 => Self::Wake,
            67..70 => Self::Sleep {
                lasts: millis(choose(random, &[1_000, 30_000, 120_000, 7_200_000])),
                clock_stops: random.random(),
            },
            70..74 => Self::Cut,
            74..79 => Self::SetDialOutcome(choose(
                random,
                &[DialOutcome::Accepted, DialOutcome::Accepted, DialOutcome::Refused, DialOutcome::Hanging],
            )),
            79..82 => Self::SetHalfOpen(random.random()),
            82..84 => Self::Restart,
            84..88 => Self::Reject(choose(
                random,
                &[
                    RejectionMode::Next,
                    RejectionMode::Next,
                    RejectionMode::All,
                    RejectionMode::AllPermanently,
                    RejectionMode::None,
                    RejectionMode::None,
                ],
            )),
            88..90 => Self::Revoke,
            90..91 => Self::Overload,
            91..92 => Self::Freeze,
            92..93 => Self::Stall,
            93..94 => Self::Thaw,
            94..95 => Self::BreakContinuity,
            95..97 => Self::SendRaw(choose(random, &FRAMES)),
            97..99 => Self::Write,
            _ if random.random_bool(0.1) => Self::FailFatally,
            _ => Self::Wake,
        }
    }
}

impl Operation {
    fn query_operation(random: &mut impl Rng) -> Self {
        match random.random_range(0..10) {
            0..3 => Self::Suspend {
                kind: random.random_bool(0.5).then(|| choose(random, &QueryKind::ALL)),
                clears: random.random(),
            },
            3..5 => Self::Resume(random.random()),
            5..6 => Self::Prewarm(QuerySpec::random(random), millis(choose(random, &[100, 5_000, 30_000]))),
            6..9 => Self::QueryOnce(QuerySpec::random(random), timeout(random)),
            _ => Self::ReconnectNow,
        }
    }
}

impl ListOperation {
    fn random(random: &mut impl Rng) -> Self {
        match random.random_range(0..21) {
            0..4 => Self::Mount(choose(random, &[AuthPolicy::Settled, AuthPolicy::Required])),
            4 => Self::Unmount(random.random()),
            5..10 => Self::LoadMore(random.random(), random.random_range(1..4)),
            10..14 => Self::Insert(random.random_range(1..5)),
            14..17 => Self::Remove(random.random()),
            17 => Self::ForgetCursors,
            _ => Self::Fault(choose(
                random,
                &[
                    ListFault::None,
                    ListFault::None,
                    ListFault::InvalidCursor,
                    ListFault::InvalidCursorByMessage,
                    ListFault::UnreadableCursor,
                    ListFault::AlwaysInvalid,
                    ListFault::Throws,
                ],
            )),
        }
    }
}

impl ProviderOperation {
    fn random(random: &mut impl Rng) -> Self {
        let login = |random: &mut _| LOGINS.choose(random).copied();
        match random.random_range(0..10) {
            0..2 => Self::Mount(login(random)),
            2..4 => Self::Mount(None),
            4..7 => Self::Unmount(random.random()),
            7 => Self::Rebuild(random.random()),
            8 => Self::Report(random.random(), login(random)),
            _ => Self::Report(random.random(), None),
        }
    }
}

impl QuerySpec {
    pub(super) fn random(random: &mut impl Rng) -> Self {
        let kind = choose(
            random,
            &[QueryKind::Me, QueryKind::Notes, QueryKind::Notes, QueryKind::Halves, QueryKind::Public],
        );
        // `Immediate` is only used for results that do not depend on the caller; otherwise the app
        // itself would be at fault.
        let auth = match kind {
            QueryKind::Public => choose(random, &[AuthPolicy::Immediate, AuthPolicy::Settled]),
            _ => policy(random),
        };
        Self { kind, args: random.random_range(0..2), auth }
    }
}

impl MutationSpec {
    pub(super) fn random(random: &mut impl Rng) -> Self {
        Self {
            auth: policy(random),
            fails: random.random_bool(0.15),
            update: choose(random, &UPDATES),
            timeout: timeout(random),
        }
    }
}

const UPDATES: [UpdateKind; 6] = [
    UpdateKind::None,
    UpdateKind::Note,
    UpdateKind::Note,
    UpdateKind::NoteInOne,
    UpdateKind::Clears,
    UpdateKind::Fails,
];

impl ProviderBehavior {
    pub(super) fn random(random: &mut impl Rng) -> Self {
        choose(
            random,
            &[
                Self::Fresh,
                Self::Fresh,
                Self::Fresh,
                Self::Slow,
                Self::SignedOut,
                Self::Throws,
                Self::Throws,
                Self::Hangs,
                Self::FirstToken,
                Self::LastToken,
                Self::EarlierSession,
                Self::EarlierSessionFromCache,
                Self::Expired,
                Self::Rejected,
                Self::WithoutIat,
                Self::WithoutExp,
                Self::NotAJwt,
                Self::OtherUser,
            ],
        )
    }
}

pub(super) fn policy(random: &mut impl Rng) -> AuthPolicy {
    choose(random, &[AuthPolicy::Settled, AuthPolicy::Required])
}

fn timeout(random: &mut impl Rng) -> Option<Duration> {
    random.random_bool(0.2).then(|| millis(random.random_range(0..20_000)))
}

fn choose<T: Clone>(random: &mut impl Rng, from: &[T]) -> T {
    from.choose(random).expect("the choices are not empty").clone()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
