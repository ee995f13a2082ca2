//! Whatever happened, in whatever order: once the world is well again, so is the client, and in
//! between nothing ran or showed as anybody else (auth contract, rules 1, 8, 10, 14; §4, lines 2,
//! 3, 5, 7, 14, 20, 32, 35).

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
    /// What is sent gets lost, as long as `true`; sockets it was sent on are dead then, and nobody
    /// is told.
    LosesEverything(bool),
    Freeze,
    Restart,
    Send(&'static str),
    Close(&'static str),
    Provider(Provider),
    Reject(bool),
    Revoke,
    SignIn(&'static str),
    ProviderSignsOut,
    SignOut,
    Reauthenticate,
    Mutate(AuthPolicy),
    Act(AuthPolicy),
    /// Subscribes, or unsubscribes where that was done already.
    Toggle(&'static str, AuthPolicy),
}

#[derive(Debug, Clone, Copy)]
enum Provider {
    Good,
    Slow,
    Fails,
    Hangs,
    Repeats,
    SaysNobody,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let policy = || prop_oneof![Just(AuthPolicy::Settled), Just(AuthPolicy::Required)];
    let provider = prop_oneof![
        Just(Provider::Good),
        Just(Provider::Slow),
        Just(Provider::Fails),
        Just(Provider::Hangs),
        Just(Provider::Repeats),
        Just(Provider::SaysNobody)
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
        1 => any::<bool>().prop_map(Step::LosesEverything),
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

/// A world with two queries, whose provider always has tokens of whoever signed in last.
struct Story {
    world: World,
    /// Who signed in last.
    who: &'static str,
    me: QueryHandle,
    mine: QueryHandle,
    toggled: BTreeMap<(&'static str, AuthPolicy), QueryHandle>,
    requests: Vec<RequestId>,
}

impl Story {
    fn new() -> Self {
        let mut world = World::new();
        let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
        let mine = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
        let mut story =
            Self { world, who: "alice", me, mine, toggled: BTreeMap::new(), requests: Vec::new() };
        story.take(&Step::SignIn("alice"));
        story.provide(Provider::Good);
        story
    }

    /// As whom a request would run that is made now.
    fn asking(&self) -> &'static str {
        match self.world.pair.client.auth() {
            AuthState::Unauthenticated { .. } => "nobody",
            AuthState::Loading { .. } | AuthState::Authenticated { .. } => self.who,
        }
    }

    fn provide(&mut self, provider: Provider) {
        match provider {
            Provider::Good => self.world.tokens_of(self.who, seconds(60)),
            Provider::Slow => self.world.slow_tokens_of(self.who, seconds(60), seconds(12)),
            Provider::Fails => {
                self.world.pair.provide(|_| FetchReply::After(millis(50), Err(TokenError::new("down"))));
            }
            Provider::SaysNobody => self.world.pair.provide(|_| FetchReply::After(Duration::ZERO, Ok(None))),
            Provider::Hangs => self.world.pair.provide(|_| FetchReply::Never),
            Provider::Repeats => {
                let token = self.world.token(self.who, seconds(60));
                self.world.one_token(token);
            }
        }
    }

    fn take(&mut self, step: &Step) {
        let asking = self.asking();
        let pair = &mut self.world.pair;
        match *step {
            Step::Run(duration) => pair.run_for(millis(duration)),
            Step::Cut => pair.cut(),
            Step::Wake => pair.wake(),
            Step::Sleep { seconds: duration, clock_stops: false } => pair.sleep(seconds(duration)),
            Step::Sleep { seconds: duration, .. } => pair.sleep_with_clock_stopped(seconds(duration)),
            Step::SetClock { ahead } => pair.clock_ahead = ahead,
            Step::Dials(dials) => pair.conditions.dials = dials,
            Step::LosesEverything(true) => pair.conditions.half_open = true,
            Step::LosesEverything(false) => {
                if pair.conditions.half_open {
                    pair.server(|deployment, now| deployment.restart(now));
                }
                pair.conditions.half_open = false;
            }
            Step::Freeze => {
                self.on_each_connection(|deployment, _, connection| deployment.freeze(connection))
            }
            Step::Restart => pair.server(|deployment, now| deployment.restart(now)),
            Step::Send(frame) => self.on_each_connection(|deployment, now, connection| {
                deployment.send_raw(now, connection, frame);
            }),
            Step::Close(reason) => self.on_each_connection(|deployment, now, connection| {
                deployment.close(now, connection, Some(1011), reason);
            }),
            Step::Provider(provider) => self.provide(provider),
            Step::Reject(reject) => pair.deployment.reject_all_tokens(reject.then(|| "rejected".into())),
            Step::Revoke => self.on_each_connection(|deployment, now, connection| {
                deployment.revoke_identity(now, connection, "revoked");
            }),
            Step::SignIn(who) => {
                self.who = who;
                self.provide(Provider::Good);
                self.world.sign_in(who);
            }
            Step::ProviderSignsOut => self.world.provider_signs_out(),
            Step::SignOut => pair.command(|client, now| client.sign_out(now)),
            Step::Reauthenticate => pair.command(|client, now| client.reauthenticate(now)),
            Step::Mutate(policy) => {
                let text = json!({ "text": format!("{asking} {}", self.requests.len()) });
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
                let request = pair.act("notes:ponder", &json!({ "seconds": 3, "by": asking }), policy);
                self.requests.push(request);
            }
        }
    }

    fn on_each_connection(
        &mut self,
        mut act: impl FnMut(&mut convex_testkit::Deployment, convex_sync::Time, convex_testkit::ConnectionId),
    ) {
        self.world.pair.server(|deployment, now| {
            for connection in deployment.connections().collect::<Vec<_>>() {
                act(deployment, now, connection);
            }
        });
    }

    /// Nothing is shown of, and nothing ran as, anybody but whoever is or was asking.
    fn assert_nobody_is_taken_for_another(&self) {
        let pair = &self.world.pair;
        let shown = [pair.result(self.me), pair.result(self.mine)];
        let theirs = |name: &str| name == "nobody" || name == self.asking();
        for shown in shown.iter().flatten() {
            let name = shown.as_ref().unwrap().as_str().unwrap();
            assert!(theirs(name), "{name} is shown to {}:\n{}", self.asking(), pair.trace());
        }
        assert_ne!(shown[1], Some(Ok(json!("nobody"))), "it never runs as nobody:\n{}", pair.trace());
        let mut texts = Vec::new();
        for run in pair.deployment.executions() {
            let ran_as = run.identity.as_ref().map_or("nobody", |identity| identity.subject.as_str());
            let args = serde_json::Value::from(convex_testkit::Value::Object(run.args.clone()));
            let asked =
                args["text"].as_str().map(|text| text.split(' ').next().unwrap()).or(args["by"].as_str());
            if let Some(asked) = asked {
                assert_eq!(ran_as, asked, "{}", pair.trace());
            }
            texts.extend(args["text"].as_str().map(str::to_owned));
        }
        let runs = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), runs, "a mutation ran twice:\n{}", pair.trace());
    }

    /// The world is well again, and the page wakes up. Frozen sockets stay frozen: the client has
    /// to notice.
    fn heal(&mut self) {
        self.take(&Step::Dials(DialOutcome::Accepted));
        self.take(&Step::LosesEverything(false));
        self.take(&Step::Reject(false));
        self.take(&Step::Provider(Provider::Good));
        self.take(&Step::Wake);
        for _ in 0..180 {
            self.take(&Step::Run(1000));
            self.assert_nobody_is_taken_for_another();
        }
    }

    fn assert_all_is_well(&self) {
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
        assert_eq!(pair.result(self.me), Some(Ok(json!(self.asking()))), "{}", pair.trace());
        for (&(path, policy), &query) in &self.toggled {
            let runs = policy == AuthPolicy::Settled || self.asking() != "nobody";
            assert_eq!(pair.result(query).is_some(), runs, "{path}:\n{}", pair.trace());
        }
        for &request in &self.requests {
            assert!(pair.outcome(request).is_some(), "{request} is pending:\n{}", pair.trace());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Auth contract §4, lines 5 and 20.
    #[test]
    fn client_recovers_from_any_sequence_of_faults(steps in steps()) {
        let mut story = Story::new();
        for step in &steps {
            story.take(step);
            story.assert_nobody_is_taken_for_another();
        }
        story.heal();
        story.assert_all_is_well();
    }
}
