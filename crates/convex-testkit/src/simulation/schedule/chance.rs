//! What a seed makes of a world.

use std::time::Duration;

use convex_sync::AuthPolicy;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    Action, Answers, Asks, KILLS, ListAction, Login, Mutation, ProviderAction, Query, Rejections, Schedule,
    Setting, Step, Update,
};
use crate::pair::DialOutcome;

pub(in crate::simulation) const LOGINS: [Login; 3] = [
    Login { person: "alice", key: "alice" },
    Login { person: "alice", key: "alice again" },
    Login { person: "bob", key: "bob" },
];

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
    /// The world of this seed, always the same.
    pub fn from_seed(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let setting = Setting::random(&mut random);
        let mut steps = vec![Step { after: Duration::ZERO, action: Action::SignIn(LOGINS[0]) }];
        steps.extend(
            (0..random.random_range(2..4))
                .map(|_| Step { after: Duration::ZERO, action: Action::Mount(Query::random(&mut random)) }),
        );
        // Where the page loads without anybody signed in, or with a login that comes late.
        if random.random_bool(0.3) {
            steps.remove(0);
        }
        steps.extend((0..random.random_range(4..40)).map(|_| Step::random(&mut random)));
        Self { seed, setting, steps }
    }
}

impl Setting {
    pub(crate) fn random(random: &mut impl Rng) -> Self {
        let minutes_off = [0, 0, 0, 0, 10, -10, 90, -90];
        let (latency, jitter) = (choose(random, &[1, 20, 20, 300, 2000]), choose(random, &[0, 0, 10, 1500]));
        // A token that lives no longer than it travels is no use to anybody.
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
        }
    }
}

impl Step {
    pub(crate) fn random(random: &mut impl Rng) -> Self {
        let after = match random.random_range(0..10) {
            0..3 => Duration::ZERO,
            3..7 => millis(random.random_range(0..100)),
            7..9 => millis(random.random_range(0..5_000)),
            _ => millis(random.random_range(0..70_000)),
        };
        Self { after, action: Action::random(random) }
    }
}

impl Action {
    fn random(random: &mut impl Rng) -> Self {
        if random.random_bool(0.15) {
            return Self::around_queries(random);
        }
        if random.random_bool(0.02) {
            return match random.random_range(0..3) {
                0 => Self::Kill(policy(random), random.random_range(0..KILLS.len() as u8)),
                _ => Self::NetworkChanges { sockets_die: random.random() },
            };
        }
        if random.random_bool(0.2) {
            return Self::Lists(ListAction::random(random));
        }
        if random.random_bool(0.06) {
            return Self::Providers(ProviderAction::random(random));
        }
        match random.random_range(0..100) {
            0..8 => Self::SignIn(choose(random, &LOGINS)),
            8..10 => Self::ProviderSignsOut,
            10..11 => Self::ProviderLoads,
            11..14 => Self::SignOut,
            14..16 => Self::Reauthenticate,
            16..24 => Self::Mount(Query::random(random)),
            24..27 => Self::Unmount(random.random()),
            27..28 => Self::Remount(random.random()),
            28..31 => Self::ChangeArgs(random.random(), random.random_range(0..2)),
            31..42 => Self::Mutate(Mutation::random(random)),
            42..46 => Self::Act {
                auth: policy(random),
                takes: millis(choose(random, &[0, 100, 5_000])),
                timeout: timeout(random),
            },
            46..48 => Self::Cancel(random.random_range(0..4)),
            48..61 => Self::Provider(Answers::random(random)),
            61..63 => Self::SetClock(random.random_range(-4_000_000..4_000_000)),
            63..67 => Self::Wake,
            67..70 => Self::Sleep {
                lasts: millis(choose(random, &[1_000, 30_000, 120_000, 7_200_000])),
                clock_stops: random.random(),
            },
            70..74 => Self::Cut,
            74..79 => Self::Dial(choose(
                random,
                &[DialOutcome::Accepted, DialOutcome::Accepted, DialOutcome::Refused, DialOutcome::Hanging],
            )),
            79..82 => Self::Swallow(random.random()),
            82..84 => Self::Restart,
            84..88 => Self::Reject(choose(
                random,
                &[
                    Rejections::Next,
                    Rejections::Next,
                    Rejections::All,
                    Rejections::AllForGood,
                    Rejections::None,
                    Rejections::None,
                ],
            )),
            88..90 => Self::Revoke,
            90..91 => Self::Overload,
            91..92 => Self::Freeze,
            92..93 => Self::Stall,
            93..94 => Self::Thaw,
            94..95 => Self::BreakContinuity,
            95..97 => Self::Send(choose(random, &FRAMES)),
            97..99 => Self::Write,
            _ if random.random_bool(0.1) => Self::FailFatally,
            _ => Self::Wake,
        }
    }
}

impl Action {
    fn around_queries(random: &mut impl Rng) -> Self {
        match random.random_range(0..10) {
            0..3 => Self::Suspend {
                asks: random.random_bool(0.5).then(|| choose(random, &Asks::ALL)),
                clears: random.random(),
            },
            3..5 => Self::Resume(random.random()),
            5..6 => Self::Prewarm(Query::random(random), millis(choose(random, &[100, 5_000, 30_000]))),
            6..9 => Self::AskOnce(Query::random(random), timeout(random)),
            _ => Self::ReconnectNow,
        }
    }
}

impl Query {
    fn random(random: &mut impl Rng) -> Self {
        let asks = choose(random, &[Asks::Me, Asks::Notes, Asks::Notes, Asks::Halves, Asks::Public]);
        // What matters who asks is not asked without waiting for it: that would be the app's own
        // mistake.
        let auth = match asks {
            Asks::Public => choose(random, &[AuthPolicy::Immediate, AuthPolicy::Settled]),
            _ => policy(random),
        };
        Self { asks, args: random.random_range(0..2), auth }
    }
}

impl Mutation {
    fn random(random: &mut impl Rng) -> Self {
        Self {
            auth: policy(random),
            fails: random.random_bool(0.15),
            update: choose(random, &UPDATES),
            timeout: timeout(random),
        }
    }
}

const UPDATES: [Update; 6] =
    [Update::None, Update::Note, Update::Note, Update::NoteInOne, Update::Clears, Update::Fails];

impl Answers {
    fn random(random: &mut impl Rng) -> Self {
        choose(
            random,
            &[
                Self::Good,
                Self::Good,
                Self::Good,
                Self::Slow,
                Self::Refuses,
                Self::Throws,
                Self::Throws,
                Self::Hangs,
                Self::Old,
                Self::Equal,
                Self::Earlier,
                Self::EarlierFromCache,
                Self::Expired,
                Self::Rejected,
                Self::WithoutIat,
                Self::WithoutExp,
                Self::Garbage,
                Self::SomebodyElse,
            ],
        )
    }
}

fn policy(random: &mut impl Rng) -> AuthPolicy {
    choose(random, &[AuthPolicy::Settled, AuthPolicy::Required])
}

fn timeout(random: &mut impl Rng) -> Option<Duration> {
    random.random_bool(0.2).then(|| millis(random.random_range(0..20_000)))
}

fn choose<T: Clone>(random: &mut impl Rng, from: &[T]) -> T {
    from.choose(random).expect("there is something to choose from").clone()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
