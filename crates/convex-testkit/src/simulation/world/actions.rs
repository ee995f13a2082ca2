//! What may be done to a world.

use std::time::Duration;

use convex_sync::{
    Arguments, EncodedValue, FunctionPath, LocalStore, OptimisticError, RequestId, RequestOptions,
    SuspendedResults, Time,
};
use serde_json::{Value as Json, json};

use super::{Component, Request, Suspension, World, foreign, killer, marker};
use crate::{
    deployment::{ConnectionId, Deployment},
    functions::FunctionKind,
    object,
    pair::Conditions,
    simulation::{
        epochs::Asking,
        functions::NOTES,
        lists::{ListAction, ListFault, show_card},
        rules::Violation,
        schedule::{Action, Answers, Asks, Mutation, Query, Rejections, Update},
    },
};

impl World {
    pub(super) fn act(&mut self, action: &Action) {
        match *action {
            Action::SignIn(login) => self.provider_reports(Some(login)),
            Action::ProviderSignsOut => self.provider_reports(None),
            Action::ProviderLoads => self.provider_loads(),
            Action::SignOut => {
                self.is_resumable = false;
                self.epochs.begin(Asking::Nobody);
                self.pair.command(|client, now| client.sign_out(now));
            }
            Action::Reauthenticate => {
                self.reauthentications += 1;
                if self.epochs.asking() == Asking::Nobody {
                    self.follow_session();
                }
                self.pair.command(|client, now| client.reauthenticate(now));
            }
            Action::Mount(query) => self.mount(query),
            Action::Unmount(which) => {
                if let Some(index) = pick(which, self.components.len()) {
                    let component = self.components.remove(index);
                    self.unsubscribe(&component);
                }
            }
            Action::Remount(which) => self.remount(which),
            Action::ChangeArgs(which, args) => self.change_args(which, args),
            Action::Suspend { asks, clears } => self.suspend(asks, clears),
            Action::Resume(which) => {
                if let Some(index) = pick(which, self.suspensions.len()) {
                    let suspension = self.suspensions.remove(index);
                    self.pair.command(|client, _| client.resume(suspension.id));
                }
            }
            Action::Prewarm(query, lasts) => self.prewarm(query, lasts),
            Action::AskOnce(query, timeout) => {
                let (path, auth) = (query.asks.functions()[0], query.auth);
                let id = self.pair.query_once(path, &query.args(), RequestOptions { auth, timeout });
                self.note_request(id, FunctionKind::Query, Update::None, timeout);
                self.requests.last_mut().expect("it was just noted").query = Some(query);
            }
            Action::ReconnectNow => self.pair.command(|client, now| client.reconnect_now(now)),
            Action::Mutate(mutation) => self.mutate(mutation),
            Action::Act { auth, takes, timeout } => {
                let args = json!({ "id": self.requests.len(), "seconds": takes.as_secs_f64(), "auth": format!("{auth:?}") });
                let id = self.pair.act("notes:ponder", &args, RequestOptions { auth, timeout });
                self.note_request(id, FunctionKind::Action, Update::None, timeout);
            }
            Action::Kill(auth, kind) => {
                let args = json!({ "id": self.requests.len(), "auth": format!("{auth:?}") });
                let id = self.pair.mutate(&killer(kind), &args, auth);
                self.note_request(id, FunctionKind::Mutation, Update::None, None);
                self.requests.last_mut().expect("it was just noted").kills = true;
            }
            Action::NetworkChanges { sockets_die } => {
                if sockets_die {
                    self.pair.kill_sockets_silently();
                }
                self.pair.go_online();
            }
            Action::Cancel(which) => {
                if let Some(index) = pick(which, self.requests.len()) {
                    let index = self.requests.len() - 1 - index;
                    self.requests[index].may_end_early = true;
                    let id = self.requests[index].id;
                    self.pair.command(|client, _| client.cancel(id));
                }
            }
            Action::Provider(answers) => self.provider.answer_with(answers),
            Action::SetClock(ahead) => {
                self.clock_in_doubt = true;
                self.pair.clock_ahead = ahead;
            }
            Action::Wake => self.pair.wake(),
            Action::Sleep { lasts, clock_stops } => {
                self.clock_in_doubt = true;
                if clock_stops {
                    let deadlines = self.requests.iter_mut().filter_map(|request| request.deadline.as_mut());
                    deadlines.for_each(|deadline| *deadline = *deadline + lasts);
                    self.pair.sleep_with_clock_stopped(lasts);
                } else {
                    self.pair.sleep(lasts);
                }
            }
            Action::Cut => self.pair.cut(),
            Action::Dial(dials) => self.pair.conditions.dials = dials,
            Action::Swallow(true) => self.pair.conditions.half_open = true,
            Action::Swallow(false) => self.pair.end_half_open(),
            Action::Restart => self.pair.server(|deployment, now| deployment.restart(now)),
            Action::Reject(which) => self.reject(which),
            Action::Revoke => self.on_each_connection(|deployment, now, connection| {
                deployment.revoke_identity(now, connection, "the identity has run out");
            }),
            Action::Overload => self.on_each_connection(|deployment, now, connection| {
                deployment.close(now, connection, Some(1011), "CommitterFullError");
            }),
            Action::Freeze => {
                self.clock_in_doubt = true;
                self.on_each_connection(|deployment, _, connection| deployment.freeze(connection));
            }
            Action::Stall => {
                self.clock_in_doubt = true;
                self.stalled.extend(self.pair.deployment.connections());
                self.on_each_connection(|deployment, _, connection| deployment.stall(connection));
            }
            Action::Thaw => {
                self.on_each_connection(|deployment, now, connection| deployment.thaw(now, connection));
            }
            Action::BreakContinuity => {
                self.on_each_connection(|deployment, _, connection| deployment.break_continuity(connection));
            }
            Action::Send(frame) => self.on_each_connection(|deployment, now, connection| {
                deployment.send_raw(now, connection, frame);
            }),
            Action::FailFatally => {
                self.fatal |= self.pair.deployment.connections().next().is_some();
                self.on_each_connection(|deployment, now, connection| {
                    deployment.fail_fatally(now, connection, "go away");
                });
            }
            Action::Write => self.write(),
            Action::Lists(action) => self.act_on_lists(action),
            Action::Providers(action) => self.act_on_providers(action),
        }
    }

    /// Everything is well from now on, but for what is broken already. Somebody writes, so that
    /// there is news to be shown.
    pub(in crate::simulation) fn heal(&mut self) -> Result<(), Violation> {
        self.actions += 1;
        self.pair.end_half_open();
        for suspension in std::mem::take(&mut self.suspensions) {
            self.pair.command(|client, _| client.resume(suspension.id));
        }
        // Nobody can tell a server that only sends pings from one that has no news.
        for connection in std::mem::take(&mut self.stalled) {
            self.pair.server(|deployment, now| deployment.thaw(now, connection));
        }
        self.pair.conditions = Conditions::default();
        self.pair.deployment.set_chunk_bytes(None);
        self.reject(Rejections::None);
        self.provider.answer_with(Answers::Good);
        self.act_on_lists(ListAction::Fault(ListFault::None));
        self.write();
        self.look()
    }

    /// The client starts anew from what the provider last said.
    fn follow_session(&mut self) {
        self.is_resumable = false;
        if let Some(session) = self.mounts.session() {
            self.epochs.begin(Asking::of(session));
            self.provider.renew(self.epochs.now());
        }
    }

    // ---- components and requests ----

    fn mount(&mut self, query: Query) {
        let args = query.args();
        let functions = query.asks.functions().iter();
        let handles = functions.map(|path| {
            let (function, args) = crate::pair::call(path, &args);
            self.pair.client.subscribe(&function, &args, query.auth)
        });
        let component = Component { query, handles: handles.collect() };
        self.components.push(component);
        self.pair.command(|_, _| ());
    }

    fn suspend(&mut self, asks: Option<Asks>, clears: bool) {
        let results = if clears { SuspendedResults::Clear } else { SuspendedResults::Keep };
        let functions = asks.map(Asks::functions);
        let id = self.pair.command(|client, _| {
            client.suspend(results, move |function, _| {
                functions.is_none_or(|functions| functions.contains(&function.as_str()))
            })
        });
        self.suspensions.push(Suspension { id, asks, clears });
    }

    fn prewarm(&mut self, query: Query, lasts: Duration) {
        let calls = query.asks.functions().iter().map(|path| crate::pair::call(path, &query.args()));
        let calls: Vec<_> = calls.collect();
        self.prewarmed.push((query, self.pair.now() + lasts, self.epochs.now()));
        self.pair.command(|client, now| {
            for (function, args) in &calls {
                client.prewarm(now, function, args, query.auth, lasts);
            }
        });
    }

    fn unsubscribe(&mut self, component: &Component) {
        self.pair.command(|client, _| component.handles.iter().for_each(|query| client.unsubscribe(*query)));
    }

    /// As components do that are rebuilt: all in one turn of the event loop.
    fn remount(&mut self, which: u8) {
        let Some(index) = pick(which, self.components.len()) else { return };
        let before = self.components.remove(index);
        before.handles.iter().for_each(|query| self.pair.client.unsubscribe(*query));
        self.mount(before.query);
    }

    /// As a component does whose arguments change: the new ones first.
    fn change_args(&mut self, which: u8, args: u8) {
        let Some(index) = pick(which, self.components.len()) else { return };
        let before = self.components.remove(index);
        self.mount(Query { args, ..before.query });
        self.unsubscribe(&before);
    }

    fn mutate(&mut self, mutation: Mutation) {
        let Mutation { auth, fails, update, timeout } = mutation;
        let serial = self.requests.len();
        let args = json!({ "id": serial, "fails": fails, "auth": format!("{auth:?}") });
        let options = RequestOptions { auth, timeout };
        let id = match update {
            Update::None => self.pair.mutate("notes:add", &args, options),
            _ => {
                let (function, args) = crate::pair::call("notes:add", &args);
                let show = move |store: &mut LocalStore<'_>| show_note(store, serial, update);
                self.pair
                    .command(|client, now| client.mutate_optimistically(now, function, args, options, show))
            }
        };
        self.note_request(id, FunctionKind::Mutation, update, timeout);
    }

    fn note_request(&mut self, id: RequestId, kind: FunctionKind, update: Update, timeout: Option<Duration>) {
        self.requests.push(Request {
            id,
            kind,
            serial: self.requests.len() as u32,
            epoch: self.epochs.now(),
            update,
            kills: false,
            breaks: self.rules.breaks(),
            query: None,
            settled_before: self.pair.outcomes().len(),
            may_end_early: timeout.is_some(),
            deadline: timeout.map(|timeout| self.pair.now() + timeout),
            dials: self.rules.dials(),
        });
    }

    // ---- the server ----

    fn reject(&mut self, which: Rejections) {
        match which {
            Rejections::Next => self.pair.deployment.reject_next_token("not this one"),
            Rejections::All => self.pair.deployment.reject_all_tokens(Some("none at all".into())),
            Rejections::AllForGood => {
                self.pair.deployment.reject_all_tokens(Some("No auth provider found matching".into()));
            }
            Rejections::None => self.pair.deployment.reject_all_tokens(None),
        }
    }

    fn on_each_connection(&mut self, mut act: impl FnMut(&mut Deployment, Time, ConnectionId)) {
        self.pair.server(|deployment, now| {
            for connection in deployment.connections().collect::<Vec<_>>() {
                act(deployment, now, connection);
            }
        });
    }

    fn write(&mut self) {
        self.writes += 1;
        let id = foreign(self.writes);
        self.pair.server(|deployment, now| {
            deployment.edit(now, |db| db.insert("notes", object! { "id" => id }));
        });
    }
}

fn pick(which: u8, count: usize) -> Option<usize> {
    (count > 0).then(|| usize::from(which) % count)
}

fn show_note(store: &mut LocalStore<'_>, serial: usize, update: Update) -> Result<(), OptimisticError> {
    let function = FunctionPath::parse(NOTES).expect("it is a path");
    let (_, one) = crate::pair::call(NOTES, &Query::ONE.args());
    match update {
        Update::Clears => store.clear(&function, &one),
        Update::NoteInOne => {
            let notes = store.get(&function, &one).map(|notes| with_note(notes, serial)).transpose()?;
            if let Some(notes) = notes {
                store.set(&function, &one, notes);
            }
        }
        Update::None | Update::Note | Update::Fails => {
            let shown = store.all(&function).into_iter();
            let shown: Vec<(Arguments, EncodedValue)> =
                shown.filter_map(|(args, notes)| Some((args.clone(), notes?.clone()))).collect();
            for (args, notes) in shown {
                store.set(&function, &args, with_note(&notes, serial)?);
            }
        }
    }
    show_card(store, serial as u32)?;
    if update == Update::Fails { Err(OptimisticError::new("it was to fail")) } else { Ok(()) }
}

fn with_note(notes: &EncodedValue, serial: usize) -> Result<EncodedValue, OptimisticError> {
    let mut notes: Json = notes.decode()?;
    let ids = notes["ids"].as_array_mut().ok_or_else(|| OptimisticError::new("no list"))?;
    ids.push(marker(serial as u32).into());
    Ok(EncodedValue::encode(&notes)?)
}
