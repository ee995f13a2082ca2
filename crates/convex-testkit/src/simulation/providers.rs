//! Several identity providers in a simulated world: components mount and unmount them, and the
//! client follows one.

use convex_sync::{ProviderChange, ProviderId, Providers, Session};
use rand::{Rng, seq::IndexedRandom};

use super::{
    epochs::Asking,
    schedule::{LOGINS, Login},
    world::World,
};

/// Something that happens to the components with providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderAction {
    /// One appears, with this login, or loading.
    Mount(Option<Login>),
    /// The n-th of those there are is unmounted.
    Unmount(u8),
    /// The n-th of those there are is rebuilt within one turn of the event loop.
    Rebuild(u8),
    /// The n-th of those there are reports this login, or a sign-out.
    Report(u8, Option<Login>),
}

impl ProviderAction {
    pub(super) fn random(random: &mut impl Rng) -> Self {
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

/// The mounted providers, and what the client must make of them.
#[derive(Default)]
pub(super) struct Mounts {
    /// What decides for the client.
    providers: Providers<()>,
    /// The oldest first.
    mounted: Vec<Mounted>,
    /// The one that the client must follow.
    followed: Option<ProviderId>,
    /// The session that the client must have.
    session: Option<Session>,
}

#[derive(Clone)]
struct Mounted {
    id: ProviderId,
    session: Session,
    /// Whose session it is, if a user is signed in.
    login: Option<Login>,
}

impl Mounts {
    /// The session that the client has.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    fn mount(&mut self) -> ProviderId {
        let id = self.providers.add(());
        let loads = |mounted: &Mounted| mounted.session == Session::Loading;
        if self.get(self.followed).is_none_or(loads) {
            self.followed = Some(id);
        }
        self.mounted.push(Mounted { id, session: Session::Loading, login: None });
        id
    }

    /// `None`: a sign-out.
    fn report(&mut self, id: ProviderId, login: Option<Login>) {
        let session = login.map_or(Session::SignedOut, |login| Session::signed_in(login.key));
        self.providers.report(id, session.clone());
        let at = self.mounted.iter().position(|mounted| mounted.id == id).expect("it is mounted");
        self.mounted[at] = Mounted { id, session, login };
        let is_followed = |mounted: &Mounted| Some(mounted.id) == self.followed;
        if self.mounted[..at].iter().any(is_followed) {
            self.followed = Some(id);
        }
    }

    fn unmount(&mut self, id: ProviderId) {
        self.providers.remove(id);
        self.mounted.retain(|mounted| mounted.id != id);
        if self.followed == Some(id) {
            let reported = self.mounted.iter().rfind(|mounted| mounted.session != Session::Loading);
            self.followed = reported.or(self.mounted.last()).map(|mounted| mounted.id);
        }
    }

    fn get(&self, id: Option<ProviderId>) -> Option<&Mounted> {
        self.mounted.iter().find(|mounted| Some(mounted.id) == id)
    }

    fn pick(&self, which: u8) -> Option<Mounted> {
        let count = self.mounted.len();
        (count > 0).then(|| self.mounted[usize::from(which) % count].clone())
    }
}

impl World {
    pub(super) fn act_on_providers(&mut self, action: ProviderAction) {
        match action {
            ProviderAction::Mount(login) => {
                let id = self.mounts.mount();
                if login.is_some() {
                    self.mounts.report(id, login);
                }
            }
            ProviderAction::Unmount(which) => {
                if let Some(mounted) = self.mounts.pick(which) {
                    self.mounts.unmount(mounted.id);
                }
            }
            ProviderAction::Rebuild(which) => {
                if let Some(Mounted { id, session, login }) = self.mounts.pick(which) {
                    self.mounts.unmount(id);
                    let rebuilt = self.mounts.mount();
                    if session != Session::Loading {
                        self.mounts.report(rebuilt, login);
                    }
                }
            }
            ProviderAction::Report(which, login) => {
                if let Some(mounted) = self.mounts.pick(which) {
                    self.mounts.report(mounted.id, login);
                }
            }
        }
        self.follow_provider();
    }

    /// The newest provider reports this login, or a sign-out.
    pub(super) fn provider_reports(&mut self, login: Option<Login>) {
        let newest = self.newest_provider();
        self.mounts.report(newest, login);
        self.follow_provider();
    }

    /// The newest provider looks again.
    pub(super) fn provider_loads(&mut self) {
        let newest = self.newest_provider();
        self.mounts.providers.report(newest, Session::Loading);
        self.follow_provider();
        // It means nothing to a core that is told directly, either.
        self.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    }

    fn newest_provider(&mut self) -> ProviderId {
        let newest = self.mounts.mounted.last().map(|mounted| mounted.id);
        newest.unwrap_or_else(|| self.mounts.mount())
    }

    fn follow_provider(&mut self) {
        let now = self.mounts.get(self.mounts.followed).cloned();
        let session = now.as_ref().map(|now| now.session.clone());
        if self.mounts.session != session {
            let login = now.and_then(|now| now.login);
            // The session that was loading when the app signed out is not another session (rule 9).
            let is_loaded = self.mounts.session == Some(Session::Loading) && login.is_some();
            if !is_loaded || self.epochs.asking() != Asking::Nobody {
                self.session_changes(session.as_ref().map_or(Asking::Nobody, Asking::of));
            }
            if let Some(login) = login {
                self.provider.speak_for(login, self.epochs.now());
            }
        }
        self.mounts.session = session;
        let change = self.mounts.providers.take_change();
        self.pair.command(|client, now| match change {
            Some(ProviderChange::Reports(session)) => client.set_session(now, Some(session)),
            Some(ProviderChange::Follows(_, session)) => client.switch_provider(now, session),
            Some(ProviderChange::NoneLeft) => client.set_session(now, None),
            None => {}
        });
    }

    fn session_changes(&mut self, asking: Asking) {
        if std::mem::take(&mut self.is_resumable) {
            self.epochs.skip();
        }
        self.epochs.begin(asking);
    }
}
