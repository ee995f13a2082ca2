//! The mounted provider components, and the session that the client must follow.

use convex_sync::{ProviderChange, ProviderId, Providers, Session};

use super::schedule::{Login, ProviderOperation};

/// The mounted providers. Models which of them the client must follow, beside the core's own
/// [`Providers`].
#[derive(Default)]
pub(super) struct MountedProviders {
    /// The core's choice. Its changes are passed to the client.
    providers: Providers<()>,
    /// Oldest first.
    mounted: Vec<MountedProvider>,
    /// The provider that the client must follow.
    followed: Option<ProviderId>,
    /// The session of the followed provider, as of the last [`follow`](Self::follow).
    session: Option<Session>,
}

#[derive(Clone)]
struct MountedProvider {
    id: ProviderId,
    session: Session,
    /// The login behind the session, if a user is signed in.
    login: Option<Login>,
}

/// The session of the followed provider changed.
pub(super) struct SessionChange {
    /// The session before.
    pub(super) before: Option<Session>,
    /// The session now.
    pub(super) now: Option<Session>,
    /// The login behind the session now, if a user is signed in.
    pub(super) login: Option<Login>,
}

impl MountedProviders {
    /// The session that the client has.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub(super) fn apply(&mut self, operation: ProviderOperation) {
        match operation {
            ProviderOperation::Mount(login) => {
                let id = self.mount();
                if login.is_some() {
                    self.report(id, login);
                }
            }
            ProviderOperation::Unmount(which) => {
                if let Some(mounted) = self.pick(which) {
                    self.unmount(mounted.id);
                }
            }
            ProviderOperation::Rebuild(which) => {
                if let Some(MountedProvider { id, session, login }) = self.pick(which) {
                    self.unmount(id);
                    let rebuilt = self.mount();
                    if session != Session::Loading {
                        self.report(rebuilt, login);
                    }
                }
            }
            ProviderOperation::Report(which, login) => {
                if let Some(mounted) = self.pick(which) {
                    self.report(mounted.id, login);
                }
            }
        }
    }

    /// The newest provider reports this login, or signed out. One is mounted if needed.
    pub(super) fn report_by_newest(&mut self, login: Option<Login>) {
        let newest = self.newest();
        self.report(newest, login);
    }

    /// The newest provider reports that it is loading. One is mounted if needed.
    pub(super) fn report_loading_by_newest(&mut self) {
        let newest = self.newest();
        self.providers.report(newest, Session::Loading);
    }

    /// Follows the provider that the client must follow. Returns the change of the session, if any.
    pub(super) fn follow(&mut self) -> Option<SessionChange> {
        let followed = self.get(self.followed).cloned();
        let now = followed.as_ref().map(|followed| followed.session.clone());
        let login = followed.and_then(|followed| followed.login);
        let before = std::mem::replace(&mut self.session, now.clone());
        (before != now).then_some(SessionChange { before, now, login })
    }

    /// The change that the core makes of the reports so far.
    pub(super) fn take_change(&mut self) -> Option<ProviderChange> {
        self.providers.take_change()
    }

    fn newest(&mut self) -> ProviderId {
        let newest = self.mounted.last().map(|mounted| mounted.id);
        newest.unwrap_or_else(|| self.mount())
    }

    fn mount(&mut self) -> ProviderId {
        let id = self.providers.add(());
        let is_loading = |mounted: &MountedProvider| mounted.session == Session::Loading;
        if self.get(self.followed).is_none_or(is_loading) {
            self.followed = Some(id);
        }
        self.mounted.push(MountedProvider { id, session: Session::Loading, login: None });
        id
    }

    /// `None`: signed out.
    fn report(&mut self, id: ProviderId, login: Option<Login>) {
        let session = login.map_or(Session::SignedOut, |login| Session::signed_in(login.key));
        self.providers.report(id, session.clone());
        let at = self.mounted.iter().position(|mounted| mounted.id == id).expect("it is mounted");
        self.mounted[at] = MountedProvider { id, session, login };
        let is_followed = |mounted: &MountedProvider| Some(mounted.id) == self.followed;
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

    fn get(&self, id: Option<ProviderId>) -> Option<&MountedProvider> {
        self.mounted.iter().find(|mounted| Some(mounted.id) == id)
    }

    fn pick(&self, which: u8) -> Option<MountedProvider> {
        let count = self.mounted.len();
        (count > 0).then(|| self.mounted[usize::from(which) % count].clone())
    }
}
