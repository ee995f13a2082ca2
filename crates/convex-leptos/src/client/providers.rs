//! The identity providers of a client: components add and remove them, and the client follows one.

use super::Shared;
use crate::{IN_BROWSER, auth::ErasedProvider, immediate_effect::ImmediateEffect};
use convex_web::sync::{ProviderChange, ProviderId, Providers, Session};
use leptos::{prelude::*, task::spawn_local};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// All providers of a client.
#[derive(Default)]
pub(super) struct ProviderSet(Mutex<ProviderSetState>);

#[derive(Default)]
struct ProviderSetState {
    providers: Providers<Arc<MountedProvider>>,
    /// The provider that was set outside of any owner. The next one replaces it.
    unowned: Option<ProviderId>,
}

struct MountedProvider {
    provider: ErasedProvider,
    session: Signal<Session>,
    /// Passes the provider's session on to the client.
    effect: OnceLock<ImmediateEffect>,
}

impl ProviderSet {
    /// Not held while app code runs or a provider is dropped.
    fn lock(&self) -> MutexGuard<'_, ProviderSetState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Adds a provider until the current owner is disposed, or without an owner, until the next one
    /// without an owner.
    pub(crate) fn add_provider(self: &Arc<Self>, provider: ErasedProvider) {
        let session = provider.session();
        let mounted = Arc::new(MountedProvider { provider, session, effect: OnceLock::new() });
        let id = self.providers.lock().providers.add(Arc::clone(&mounted));
        self.page().add_provider(self);
        let shared = Arc::downgrade(self);
        if Owner::current().is_some() {
            let shared = shared.clone();
            on_cleanup(move || {
                if let Some(shared) = shared.upgrade() {
                    shared.remove_provider(id);
                }
            });
        } else {
            let earlier = self.providers.lock().unowned.replace(id);
            earlier.into_iter().for_each(|earlier| self.remove_provider(earlier));
        }
        if IN_BROWSER {
            let effect = ImmediateEffect::new(move || {
                // A provider with disposed signals no longer reports a session.
                if let (Some(shared), Some(session)) = (shared.upgrade(), session.try_get()) {
                    shared.providers.lock().providers.report(id, session);
                    untrack(|| shared.follow_provider());
                }
            });
            assert!(mounted.effect.set(effect).is_ok(), "the effect is set only here");
        }
    }

    /// The client follows another provider a microtask later: a component that is rebuilt adds its
    /// provider again before that, and must not sign the user out.
    fn remove_provider(self: &Arc<Self>, id: ProviderId) {
        let (is_followed, removed) = {
            let providers = &mut self.providers.lock().providers;
            (providers.followed() == Some(id), providers.remove(id))
        };
        drop(removed);
        if is_followed && IN_BROWSER {
            // At once: the provider's future must not run after its owner.
            self.web.set_token_fetcher(None);
            let shared = Arc::downgrade(self);
            spawn_local(async move {
                if let Some(shared) = shared.upgrade() {
                    shared.follow_provider();
                }
            });
        }
    }

    pub(crate) fn clear_providers(&self) {
        self.drop_providers();
        untrack(|| self.follow_provider());
    }

    pub(super) fn drop_providers(&self) {
        let dropped = {
            let mut inner = self.providers.lock();
            inner.unowned = None;
            inner.providers.clear()
        };
        drop(dropped);
    }

    /// Follows the providers that were added during hydration.
    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    pub(super) fn follow_provider_of_page(&self) {
        // If they are gone already, no provider was ever followed, and none changes now.
        if self.providers.lock().providers.followed().is_none() {
            self.web.set_session(None);
        }
        self.follow_provider();
    }

    /// Passes the followed provider and its session to the client, if either changed. Does nothing
    /// on a server and during hydration; it is called again after hydration.
    pub(super) fn follow_provider(&self) {
        if !self.page().follows_providers() {
            return;
        }
        let (change, followed) = {
            let providers = &mut self.providers.lock().providers;
            (providers.take_change(), providers.followed().and_then(|id| providers.get(id)).cloned())
        };
        #[cfg(all(debug_assertions, feature = "hydrate", not(feature = "ssr")))]
        if let Some(ProviderChange::Reports(session) | ProviderChange::Follows(_, session)) = &change {
            self.page().check_session(session);
        }
        match (change, followed) {
            (Some(ProviderChange::Reports(session)), _) => self.web.set_session(Some(session)),
            (Some(ProviderChange::Follows(_, session)), Some(mounted)) => {
                let fetcher = self.page().token_fetcher(mounted.provider.fetcher(), mounted.session);
                self.web.switch_provider(session, fetcher);
            }
            (Some(_), _) => {
                self.web.set_session(None);
                self.web.set_token_fetcher(None);
            }
            (None, _) => {}
        }
    }
}
