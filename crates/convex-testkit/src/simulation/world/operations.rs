//! Applies operations to the world.

use std::time::Duration;

use convex_sync::{LocalStore, RequestId, RequestOptions, SuspendedResults, Time};
use serde_json::json;

use super::{ActiveSuspension, CalledRequest, Component, World, foreign_note, killer, pick};
use crate::{
    deployment::{ConnectionId, Deployment},
    functions::FunctionKind,
    object,
    pair::{Conditions, Pair},
    simulation::{
        epochs::WantedIdentity,
        optimistic_updates,
        schedule::{
            ListFault, ListOperation, MutationSpec, Operation, ProviderBehavior, QueryKind, QuerySpec,
            RejectionMode, UpdateKind,
        },
    },
};

impl World {
    pub(in crate::simulation) fn apply(&mut self, operation: &Operation) {
        self.operations += 1;
        match *operation {
            Operation::SignIn(login) => self.report_login(Some(login)),
            Operation::ProviderSignsOut => self.report_login(None),
            Operation::ProviderLoads => self.report_loading(),
            Operation::SignOut => {
                self.is_resumable = false;
                self.is_signed_out_by_app = true;
                self.begin_epoch(WantedIdentity::Anonymous);
                self.pair.command(|client, now| client.sign_out(now));
            }
            Operation::Reauthenticate => {
                self.reauthentications += 1;
                if self.epochs.identity() == WantedIdentity::Anonymous {
                    self.follow_session();
                }
                self.pair.command(|client, now| client.reauthenticate(now));
            }
            Operation::Mount(query) => self.mount(query),
            Operation::Unmount(which) => {
                if let Some(index) = pick(which, self.components.len()) {
                    let component = self.components.remove(index);
                    self.unsubscribe(&component);
                }
            }
            Operation::Remount(which) => self.remount(which),
            Operation::ChangeArgs(which, args) => self.change_args(which, args),
            Operation::Suspend { kind, clears } => self.suspend(kind, clears),
            Operation::Resume(which) => {
                if let Some(index) = pick(which, self.suspensions.len()) {
                    let suspension = self.suspensions.remove(index);
                    self.pair.command(|client, _| client.resume(suspension.id));
                }
            }
            Operation::Prewarm(query, lasts) => self.prewarm(query, lasts),
            Operation::QueryOnce(query, timeout) => {
                let (path, auth) = (query.kind.functions()[0], query.auth);
                let request = self.request(FunctionKind::Query, UpdateKind::None, timeout, |pair, _| {
                    pair.query_once(path, &query.args(), RequestOptions { auth, timeout })
                });
                request.query = Some(query);
            }
            Operation::ReconnectNow => self.pair.command(|client, now| client.reconnect_now(now)),
            Operation::RunMutation(mutation) => self.mutate(mutation),
            Operation::RunAction { auth, takes, timeout } => {
                self.request(FunctionKind::Action, UpdateKind::None, timeout, |pair, serial| {
                    let args =
                        json!({ "id": serial, "seconds": takes.as_secs_f64(), "auth": format!("{auth:?}") });
                    pair.act("notes:ponder", &args, RequestOptions { auth, timeout })
                });
            }
            Operation::RunKiller(auth, kind) => {
                let request = self.request(FunctionKind::Mutation, UpdateKind::None, None, |pair, serial| {
                    pair.mutate(&killer(kind), &json!({ "id": serial, "auth": format!("{auth:?}") }), auth)
                });
                request.kills = true;
            }
            Operation::NetworkChanges { sockets_die } => {
                if sockets_die {
                    self.pair.kill_sockets_silently();
                }
                self.pair.go_online();
            }
            Operation::Cancel(which) => {
                if let Some(index) = pick(which, self.requests.len()) {
                    let index = self.requests.len() - 1 - index;
                    self.requests[index].may_end_early = true;
                    let id = self.requests[index].id;
                    self.pair.command(|client, _| client.cancel(id));
                }
            }
            Operation::SetProvider(behavior) => self.token_provider.set_behavior(behavior),
            Operation::SetClock(ahead) => {
                self.is_clock_unreliable = true;
                self.pair.clock_ahead = ahead;
            }
            Operation::Wake => self.pair.wake(),
            Operation::Sleep { lasts, clock_stops } => {
                self.is_clock_unreliable = true;
                if clock_stops {
                    let deadlines = self.requests.iter_mut().filter_map(|request| request.deadline.as_mut());
                    deadlines.for_each(|deadline| *deadline = *deadline + lasts);
                    self.pair.sleep_with_clock_stopped(lasts);
                } else {
                    self.pair.sleep(lasts);
                }
            }
            Operation::Cut => self.pair.cut(),
            Operation::SetDialOutcome(dials) => self.pair.conditions.dials = dials,
            Operation::SetHalfOpen(true) => self.pair.conditions.half_open = true,
            Operation::SetHalfOpen(false) => self.pair.end_half_open(),
            Operation::Restart => self.pair.server(|deployment, now| deployment.restart(now)),
            Operation::Reject(which) => self.reject(which),
            Operation::Revoke => self.on_each_connection(|deployment, now, connection| {
                deployment.revoke_identity(now, connection, "the identity has expired");
            }),
            Operation::Overload => self.on_each_connection(|deployment, now, connection| {
                deployment.close(now, connection, Some(1011), "CommitterFullError");
            }),
            Operation::Freeze => {
                self.is_clock_unreliable = true;
                self.on_each_connection(|deployment, _, connection| deployment.freeze(connection));
            }
            Operation::Stall => {
                self.is_clock_unreliable = true;
                self.stalled.extend(self.pair.deployment.connections());
                self.on_each_connection(|deployment, _, connection| deployment.stall(connection));
            }
            Operation::Thaw => {
                self.on_each_connection(|deployment, now, connection| deployment.thaw(now, connection));
            }
            Operation::BreakContinuity => {
                self.on_each_connection(|deployment, _, connection| deployment.break_continuity(connection));
            }
            Operation::SendRaw(frame) => self.on_each_connection(|deployment, now, connection| {
                deployment.send_raw(now, connection, frame);
            }),
            Operation::FailFatally => {
                self.is_fatal_expected |= self.pair.deployment.connections().next().is_some();
                self.on_each_connection(|deployment, now, connection| {
                    deployment.fail_fatally(now, connection, "go away");
                });
            }
            Operation::Write => self.write(),
            Operation::Lists(operation) => self.apply_to_lists(operation),
            Operation::Providers(operation) => self.apply_to_providers(operation),
        }
    }

    /// Ends every fault that the deployment, the network and the provider still inject. Another
    /// client writes, so that there is a change to be shown.
    pub(in crate::simulation) fn heal(&mut self) {
        self.operations += 1;
        self.pair.end_half_open();
        for suspension in std::mem::take(&mut self.suspensions) {
            self.pair.command(|client, _| client.resume(suspension.id));
        }
        // The client cannot tell a server that only sends pings from one without changes.
        for connection in std::mem::take(&mut self.stalled) {
            self.pair.server(|deployment, now| deployment.thaw(now, connection));
        }
        self.pair.conditions = Conditions::default();
        self.pair.deployment.set_chunk_bytes(None);
        self.reject(RejectionMode::None);
        self.token_provider.set_behavior(ProviderBehavior::Fresh);
        self.apply_to_lists(ListOperation::Fault(ListFault::None));
        self.write();
    }

    /// Authentication restarts from the session that the provider last reported.
    fn follow_session(&mut self) {
        self.is_resumable = false;
        self.is_signed_out_by_app = false;
        if let Some(session) = self.presumed().or(self.mounted_providers.session()) {
            self.begin_epoch(WantedIdentity::of(session));
            self.token_provider.set_epoch(self.epochs.current());
        }
    }

    // ---- components and requests ----

    fn mount(&mut self, query: QuerySpec) {
        let args = query.args();
        let functions = query.kind.functions().iter();
        let handles = functions.map(|path| {
            let (function, args) = crate::pair::call(path, &args);
            self.pair.client.subscribe(&function, &args, query.auth)
        });
        let component = Component { query, handles: handles.collect() };
        self.seed_component(query, &component.handles);
        self.components.push(component);
        self.pair.command(|_, _| ());
    }

    fn suspend(&mut self, kind: Option<QueryKind>, clears: bool) {
        let results = if clears { SuspendedResults::Clear } else { SuspendedResults::Keep };
        let functions = kind.map(QueryKind::functions);
        let id = self.pair.command(|client, _| {
            client.suspend(results, move |function, _| {
                functions.is_none_or(|functions| functions.contains(&function.as_str()))
            })
        });
        self.suspensions.push(ActiveSuspension { id, kind, clears });
    }

    fn prewarm(&mut self, query: QuerySpec, lasts: Duration) {
        let calls = query.kind.functions().iter().map(|path| crate::pair::call(path, &query.args()));
        let calls: Vec<_> = calls.collect();
        self.prewarmed.push((query, self.pair.now() + lasts, self.epochs.current()));
        self.pair.command(|client, now| {
            for (function, args) in &calls {
                client.prewarm(now, function, args, query.auth, lasts);
            }
        });
    }

    fn unsubscribe(&mut self, component: &Component) {
        self.pair.command(|client, _| component.handles.iter().for_each(|query| client.unsubscribe(*query)));
    }

    /// Rebuilds a component: all in one turn of the event loop.
    fn remount(&mut self, which: u8) {
        let Some(index) = pick(which, self.components.len()) else { return };
        let before = self.components.remove(index);
        before.handles.iter().for_each(|query| self.pair.client.unsubscribe(*query));
        self.mount(before.query);
    }

    /// Changes the arguments of a component: the new subscription comes first.
    fn change_args(&mut self, which: u8, args: u8) {
        let Some(index) = pick(which, self.components.len()) else { return };
        let before = self.components.remove(index);
        self.mount(QuerySpec { args, ..before.query });
        self.unsubscribe(&before);
    }

    fn mutate(&mut self, mutation: MutationSpec) {
        let MutationSpec { auth, fails, update, timeout } = mutation;
        self.request(FunctionKind::Mutation, update, timeout, |pair, serial| {
            let args = json!({ "id": serial, "fails": fails, "auth": format!("{auth:?}") });
            let options = RequestOptions { auth, timeout };
            if update == UpdateKind::None {
                return pair.mutate("notes:add", &args, options);
            }
            let (function, args) = crate::pair::call("notes:add", &args);
            let apply = move |store: &mut LocalStore<'_>| optimistic_updates::apply(store, serial, update);
            pair.command(|client, now| client.mutate_optimistically(now, function, args, options, apply))
        });
    }

    /// Calls a function by `call`, which is given the serial number, and records the request.
    fn request(
        &mut self,
        kind: FunctionKind,
        update: UpdateKind,
        timeout: Option<Duration>,
        call: impl FnOnce(&mut Pair, usize) -> RequestId,
    ) -> &mut CalledRequest {
        let (dials, breaks) = self.dials_and_breaks();
        let serial = self.requests.len();
        let id = call(&mut self.pair, serial);
        self.requests.push(CalledRequest {
            id,
            kind,
            serial: serial as u32,
            epoch: self.epochs.current(),
            update,
            kills: false,
            breaks,
            query: None,
            settled_before: self.pair.outcomes().len(),
            may_end_early: timeout.is_some(),
            deadline: timeout.map(|timeout| self.pair.now() + timeout),
            dials,
        });
        &mut self.requests[serial]
    }

    // ---- the server ----

    fn reject(&mut self, which: RejectionMode) {
        match which {
            RejectionMode::Next => self.pair.deployment.reject_next_token("not this one"),
            RejectionMode::All => self.pair.deployment.reject_all_tokens(Some("none at all".into())),
            RejectionMode::AllPermanently => {
                self.pair.deployment.reject_all_tokens(Some("No auth provider found matching".into()));
            }
            RejectionMode::None => self.pair.deployment.reject_all_tokens(None),
        }
    }

    fn on_each_connection(&mut self, mut apply: impl FnMut(&mut Deployment, Time, ConnectionId)) {
        self.pair.server(|deployment, now| {
            for connection in deployment.connections().collect::<Vec<_>>() {
                apply(deployment, now, connection);
            }
        });
    }

    pub(super) fn write(&mut self) {
        self.writes += 1;
        let id = foreign_note(self.writes);
        self.pair.server(|deployment, now| {
            deployment.edit(now, |db| db.insert("notes", object! { "id" => id }));
        });
    }
}
