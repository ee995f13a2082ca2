//! Random sequences of faults: the client recovers once the faults end, and in the meantime nothing
//! runs or is shown as another user (docs/auth.md, rules 1, 8, 10 and 14; §4, lines 5 and 20).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::{AuthPolicy, AuthState, ConnectionState, QueryHandle, RequestId, TokenError};
use convex_testkit::{DialOutcome, FetchReply};
use proptest::prelude::*;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use support::{World, millis, seconds};

#[derive(Debug, Clone)]
enum Step {
    Run(u64),
    Cut,
    Wake,
    Sleep {
        seconds: u64,
        clock_stops: bool,
    },
    SetClock {
        ahead: i64,
    },
    Dials(DialOutcome),
    /// While `true`, all frames are lost. Sockets that lost frames stay dead, without a close
    /// event.
    LoseFrames(bool),
    Freeze,
    Restart,
    Send(&'static str),
    Close(&'static str),
    Provider(ProviderMode),
    Reject(bool),
    Revoke,
    SignIn(&'static str),
    ProviderSignsOut,
    SignOut,
    Reauthenticate,
    Mutate(AuthPolicy),
    Act(AuthPolicy),
    /// Subscribes, or unsubscribes if the query is subscribed.
    Toggle(&'static str, AuthPolicy),
}

#[derive(Debug, Clone, Copy)]
enum ProviderMode {
    /// Returns fresh tokens at once.
    Healthy,
    Slow,
    Failing,
    Hanging,
    /// Always returns the same token.
    Repeating,
    /// Reports signed out.
    SignedOut,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let policy = || prop_oneof![Just(AuthPolicy::Settled), Just(AuthPolicy::Required)];
    let provider = prop_oneof![
        Just(ProviderMode::Healthy),
        Just(ProviderMode::Slow),
        Just(ProviderMode::Failing),
        Just(ProviderMode::Hanging),
        Just(ProviderMode::Repeating),
        Just(ProviderMode::SignedOut)
    ];
    let dials =
        prop_oneof![Just(DialOutcome::Accepted), Just(DialOutcome::Refused), Just(DialOutcome::Hanging)];
    let step = prop_oneof![
        6 => prop_oneof![0..100_u64, 0..70_000_u64].prop_map(Step::Run),
        1 => Just(Step::Cut),
        2 => Just(Step::Wake),
        1 => (1..7200_u64, any::<bool>()).prop_map(|(seconds, clock_stops)| Step::Sleep { seconds, clock_stops }),
        1 => (-4_000_000..4_000_000_i64).prop_map(|ahead| Step::SetClock { ahead }),
        2 => dials.prop_map(Step::Dials),
        1 => any::<bool>().prop_map(Step::LoseFrames),
        1 => Just(Step::Freeze),
        1 => Just(Step::Restart),
        1 => prop_oneof![
            Just("<html>"),
            Just(r#"{"type":"AuthError","error":"e","baseVersion":0,"authUpdateAttempted":true}"#),
            Just(r#"{"type":"AuthError","error":"e","baseVersion":1,"authUpdateAttempted":false}"#),
            Just(r#"{"type":"AuthError","error":"e"}"#),
            Just(r#"{"type":"MutationResponse","requestId":0,"success":false,"result":"no","logLines":[]}"#),
            Just(r#"{"type":"TransitionChunk","chunk":"{","partNumber":0,"totalParts":2,"transitionId":"2"}"#),
        ].prop_map(Step::Send),
        1 => prop_oneof![Just(""), Just("CommitterFullError")].prop_map(Step::Close),
        4 => provider.prop_map(Step::Provider),
        2 => any::<bool>().prop_map(Step::Reject),
        1 => Just(Step::Revoke),
        3 => prop_oneof![Just("alice"), Just("bob")].prop_map(Step::SignIn),
        1 => Just(Step::ProviderSignsOut),
        1 => Just(Step::SignOut),
        1 => Just(Step::Reauthenticate),
        4 => policy().prop_map(Step::Mutate),
        2 => policy().prop_map(Step::Act),
        3 => (prop_oneof![Just("notes:count"), Just("notes:all")], policy())
            .prop_map(|(path, policy)| Step::Toggle(path, policy)),
    ];
    prop::collection::vec(step, 1..25)
}

/// A world with two queries. Its provider has tokens of the user who signed in last.
struct Scenario {
    world: World,
    /// The user who signed in last.
    user: &'static str,
    /// `users:me`, `Settled`.
    settled: QueryHandle,
    /// `users:me`, `Required`.
    required: QueryHandle,
    toggled: BTreeMap<(&'static str, AuthPolicy), QueryHandle>,
    requests: Vec<RequestId>,
}

impl Scenario {
    fn new() -> Self {
        let mut world = World::new();
        let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
        let required = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
        let mut scenario =
            Self { world, user: "alice", settled, required, toggled: BTreeMap::new(), requests: Vec::new() };
        scenario.apply(&Step::SignIn("alice"));
        scenario.provide(ProviderMode::Healthy);
        scenario
    }

    /// The identity under which a request that is called now must run.
    fn identity(&self) -> &'static str {
        match self.world.pair.client.auth() {
            AuthState::Unauthenticated { .. } => "anonymous",
            AuthState::Loading { .. } | AuthState::Authenticated { .. } => self.user,
        }
    }

    fn provide(&mut self, provider: ProviderMode) {
        match provider {
            ProviderMode::Healthy => self.world.tokens_of(self.user, seconds(60)),
            ProviderMode::Slow => self.world.slow_tokens_of(self.user, seconds(60), seconds(12)),
            ProviderMode::Failing => {
                self.world.pair.provide(|_| FetchReply::After(millis(50), Err(TokenError::new("down"))));
            }
            ProviderMode::SignedOut => {
                self.world.pair.provide(|_| FetchReply::After(Duration::ZERO, Ok(None)))
            }
            ProviderMode::Hanging => self.world.pair.provide(|_| FetchReply::Never),
            ProviderMode::Repeating => {
                let token = self.world.token(self.user, seconds(60));
                self.world.only_token(token);
            }
        }
    }

    fn apply(&mut self, step: &Step) {
        let identity = self.identity();
        let pair = &mut self.world.pair;
        match *step {
            Step::Run(duration) => pair.run_for(millis(duration)),
            Step::Cut => pair.cut(),
            Step::Wake => pair.wake(),
            Step::Sleep { seconds: duration, clock_stops: false } => pair.sleep(seconds(duration)),
            Step::Sleep { seconds: duration, .. } => pair.sleep_with_clock_stopped(seconds(duration)),
            Step::SetClock { ahead } => pair.clock_ahead = ahead,
            Step::Dials(dials) => pair.conditions.dials = dials,
            Step::LoseFrames(true) => pair.conditions.half_open = true,
            Step::LoseFrames(false) => {
                if pair.conditions.half_open {
                    pair.server(|deployment, now| deployment.restart(now));
                }
                pair.conditions.half_open = false;
            }
            Step::Freeze => {
                self.world.for_each_connection(|deployment, _, connection| deployment.freeze(connection))
            }
            Step::Restart => pair.server(|deployment, now| deployment.restart(now)),
            Step::Send(frame) => self.world.for_each_connection(|deployment, now, connection| {
                deployment.send_raw(now, connection, frame);
            }),
            Step::Close(reason) => self.world.for_each_connection(|deployment, now, connection| {
                deployment.close(now, connection, Some(1011), reason);
            }),
            Step::Provider(provider) => self.provide(provider),
            Step::Reject(reject) => pair.deployment.reject_all_tokens(reject.then(|| "rejected".into())),
            Step::Revoke => self.world.for_each_connection(|deployment, now, connection| {
                deployment.revoke_identity(now, connection, "revoked");
            }),
            Step::SignIn(user) => {
                self.user = user;
                self.provide(ProviderMode::Healthy);
                self.world.sign_in(user);
            }
            Step::ProviderSignsOut => self.world.provider_signs_out(),
            Step::SignOut => pair.command(|client, now| client.sign_out(now)),
            Step::Reauthenticate => pair.command(|client, now| client.reauthenticate(now)),
            Step::Mutate(policy) => {
                let text = json!({ "text": format!("{identity} {}", self.requests.len()) });
                let request = pair.mutate("notes:add", &text, policy);
                self.requests.push(request);
            }
            Step::Toggle(path, policy) => match self.toggled.remove(&(path, policy)) {
                Some(query) => pair.command(|client, _| client.unsubscribe(query)),
                None => {
                    let query = pair.subscribe(path, &json!({}), policy);
                    self.toggled.insert((path, policy), query);
                }
            },
            Step::Act(policy) => {
                let request = pair.act("notes:ponder", &json!({ "seconds": 3, "by": identity }), policy);
                self.requests.push(request);
            }
        }
    }

    /// The results belong to the current user or are anonymous, every request ran as the user who
    /// called it, and no mutation ran twice.
    fn assert_no_identity_is_mixed_up(&self) {
        let pair = &self.world.pair;
        let results = [pair.result(self.settled), pair.result(self.required)];
        let is_allowed = |name: &str| name == "anonymous" || name == self.identity();
        for result in results.iter().flatten() {
            let name = result.as_ref().unwrap().as_str().unwrap();
            assert!(is_allowed(name), "{name} is shown to {}:\n{}", self.identity(), pair.trace());
        }
        assert_ne!(
            results[1],
            Some(Ok(json!("anonymous"))),
            "a `Required` query ran anonymously:\n{}",
            pair.trace()
        );
        let mut texts = Vec::new();
        for run in pair.deployment.executions() {
            let ran_as = run.identity.as_ref().map_or("anonymous", |identity| identity.subject.as_str());
            let args = serde_json::Value::from(convex_testkit::Value::Object(run.args.clone()));
            let called_by =
                args["text"].as_str().map(|text| text.split(' ').next().unwrap()).or(args["by"].as_str());
            if let Some(called_by) = called_by {
                assert_eq!(ran_as, called_by, "{}", pair.trace());
            }
            texts.extend(args["text"].as_str().map(str::to_owned));
        }
        let runs = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), runs, "a mutation ran twice:\n{}", pair.trace());
    }

    /// Ends all faults and wakes the page. Frozen sockets stay frozen: the client must notice them.
    fn heal(&mut self) {
        self.apply(&Step::Dials(DialOutcome::Accepted));
        self.apply(&Step::LoseFrames(false));
        self.apply(&Step::Reject(false));
        self.apply(&Step::Provider(ProviderMode::Healthy));
        self.apply(&Step::Wake);
        for _ in 0..180 {
            self.apply(&Step::Run(1000));
            self.assert_no_identity_is_mixed_up();
        }
    }

    fn assert_recovered(&self) {
        let pair = &self.world.pair;
        assert_eq!(*pair.client.connection(), ConnectionState::Live, "{}", pair.trace());
        assert!(
            !matches!(
                pair.client.auth(),
                AuthState::Loading { .. } | AuthState::Authenticated { refreshing: true }
            ),
            "{}",
            pair.trace()
        );
        assert_eq!(pair.result(self.settled), Some(Ok(json!(self.identity()))), "{}", pair.trace());
        for (&(path, policy), &query) in &self.toggled {
            let runs = policy == AuthPolicy::Settled || self.identity() != "anonymous";
            assert_eq!(pair.result(query).is_some(), runs, "{path}:\n{}", pair.trace());
        }
        for &request in &self.requests {
            assert!(pair.outcome(request).is_some(), "{request} is pending:\n{}", pair.trace());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// docs/auth.md §4, lines 5 and 20.
    #[test]
    fn client_recovers_from_any_sequence_of_faults(steps in steps()) {
        let mut scenario = Scenario::new();
        for step in &steps {
            scenario.apply(step);
            scenario.assert_no_identity_is_mixed_up();
        }
        scenario.heal();
        scenario.assert_recovered();
    }
}
