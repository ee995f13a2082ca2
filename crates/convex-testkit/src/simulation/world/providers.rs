//! Sessions of the world: provider components report them, and the client follows one provider.

use convex_sync::{ProviderChange, Session};

use super::World;
use crate::simulation::{
    epochs::WantedIdentity,
    mounted_providers::SessionChange,
    schedule::{Login, ProviderOperation},
};

impl World {
    pub(super) fn apply_to_providers(&mut self, operation: ProviderOperation) {
        self.mounted_providers.apply(operation);
        self.follow_provider();
    }

    /// The newest provider reports this login, or signed out.
    pub(super) fn report_login(&mut self, login: Option<Login>) {
        self.mounted_providers.report_by_newest(login);
        self.follow_provider();
    }

    /// The newest provider reports that it is loading again.
    pub(super) fn report_loading(&mut self) {
        self.mounted_providers.report_loading_by_newest();
        self.follow_provider();
        // A core that receives the report directly must ignore it, too.
        self.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    }

    fn follow_provider(&mut self) {
        if let Some(SessionChange { before, now, login }) = self.mounted_providers.follow() {
            // The session of the page stands while the provider loads (rule 15).
            let stands = now == Some(Session::Loading) && self.presumed().is_some();
            let presumed = if stands { None } else { self.take_presumed(now.as_ref()) };
            let is_first_report = before == Some(Session::Loading) || presumed.is_some();
            let is_confirmed = presumed.is_some() && presumed == now;
            // The first report of a user after the app signed out is not a new session (rule 9).
            let stays_signed_out = is_first_report && login.is_some() && self.is_signed_out_by_app;
            if !stands && !is_confirmed && !stays_signed_out {
                self.change_session(now.as_ref().map_or(WantedIdentity::Anonymous, WantedIdentity::of));
            }
            if let Some(login) = login {
                // The page's session may have been rejected before the provider confirmed it.
                let epoch = self.epochs.current() + u64::from(self.is_resumable);
                self.token_provider.sign_in(login, epoch);
            }
        }
        let change = self.mounted_providers.take_change();
        self.pair.command(|client, now| match change {
            Some(ProviderChange::Reports(session)) => client.set_session(now, Some(session)),
            Some(ProviderChange::Follows(_, session)) => client.switch_provider(now, session),
            Some(ProviderChange::NoneLeft) => client.set_session(now, None),
            None => {}
        });
    }

    fn change_session(&mut self, identity: WantedIdentity) {
        if std::mem::take(&mut self.is_resumable) {
            self.epochs.skip();
        }
        self.is_signed_out_by_app = false;
        self.begin_epoch(identity);
    }
}
