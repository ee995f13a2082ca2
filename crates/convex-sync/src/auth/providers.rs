//! The identity providers of one client, and the one that it follows.

use super::Session;

/// The identity providers that were added to one client, and the one that the client follows: the
/// newest.
///
/// - A newer provider that is still [`Session::Loading`] does not replace one that has reported a
///   session. It does so with its first report, so that the page does not go blank meanwhile.
/// - When the followed provider is removed, the client follows the newest of the others that has
///   reported a session, or the newest if none has.
/// - `Loading` after a report is ignored: the last reported session is still valid.
///
/// After each change, the caller passes the result of [`take_change`](Self::take_change) to the
/// client. A provider that is removed and added again before that, for example by a component that
/// is rebuilt, changes nothing.
///
/// `P` is the caller's data for each provider.
///
/// ```
/// use convex_sync::{ProviderChange, Providers, Session};
///
/// let mut providers = Providers::default();
/// let (first, second) = (providers.add("first root"), providers.add("second root"));
/// providers.report(first, Session::signed_in("ada"));
/// providers.report(second, Session::signed_in("ada"));
/// assert_eq!(providers.take_change(), Some(ProviderChange::Follows(second, Session::signed_in("ada"))));
///
/// providers.remove(second);
/// assert_eq!(providers.take_change(), Some(ProviderChange::Follows(first, Session::signed_in("ada"))));
/// providers.remove(first);
/// assert_eq!(providers.take_change(), Some(ProviderChange::NoneLeft));
/// ```
#[derive(Debug)]
pub struct Providers<P> {
    /// The oldest first.
    added: Vec<ProviderEntry<P>>,
    next: u64,
    followed: Option<ProviderId>,
    /// The state as of the last [`take_change`](Self::take_change).
    taken: Option<(ProviderId, Session)>,
}

/// The id of a provider in [`Providers`]. A newer provider has a greater id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderId(u64);

/// A change of providers that the client must be notified of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderChange {
    /// The followed provider reports another session:
    /// [`SyncClient::set_session`](crate::SyncClient::set_session).
    Reports(Session),
    /// Another provider is followed: tokens are fetched from it, and
    /// [`SyncClient::switch_provider`](crate::SyncClient::switch_provider) takes its session.
    Follows(ProviderId, Session),
    /// The last provider was removed: the client has no session.
    NoneLeft,
}

#[derive(Debug)]
struct ProviderEntry<P> {
    id: ProviderId,
    /// Its last report.
    session: Session,
    data: P,
}

impl<P> Default for Providers<P> {
    fn default() -> Self {
        Self { added: Vec::new(), next: 0, followed: None, taken: None }
    }
}

impl<P> Providers<P> {
    /// The caller's data for this provider; `None` if it was removed.
    pub fn get(&self, id: ProviderId) -> Option<&P> {
        self.added.iter().find(|provider| provider.id == id).map(|provider| &provider.data)
    }

    /// The provider that the client follows.
    pub fn followed(&self) -> Option<ProviderId> {
        self.followed
    }

    /// Adds a provider, which becomes the newest. It is loading until its first
    /// [report](Self::report).
    pub fn add(&mut self, data: P) -> ProviderId {
        let id = ProviderId(self.next);
        self.next += 1;
        self.added.push(ProviderEntry { id, session: Session::Loading, data });
        if self.session().is_none_or(|session| *session == Session::Loading) {
            self.followed = Some(id);
        }
        id
    }

    /// Records a provider's report. A report of a removed provider is ignored.
    pub fn report(&mut self, id: ProviderId, session: Session) {
        let provider = self.added.iter_mut().find(|provider| provider.id == id);
        if let Some(provider) = provider.filter(|_| session != Session::Loading) {
            provider.session = session;
            self.followed = self.followed.max(Some(id));
        }
    }

    /// Removes a provider. `None` if it was removed before.
    pub fn remove(&mut self, id: ProviderId) -> Option<P> {
        let at = self.added.iter().position(|provider| provider.id == id)?;
        let removed = self.added.remove(at);
        if self.followed == Some(id) {
            let reported = self.added.iter().rfind(|provider| provider.session != Session::Loading);
            self.followed = reported.or(self.added.last()).map(|provider| provider.id);
        }
        Some(removed.data)
    }

    /// Removes all providers.
    pub fn clear(&mut self) -> Vec<P> {
        self.followed = None;
        std::mem::take(&mut self.added).into_iter().map(|provider| provider.data).collect()
    }

    /// The change for the client since the last call.
    pub fn take_change(&mut self) -> Option<ProviderChange> {
        let now = self.followed.zip(self.session().cloned());
        let before = std::mem::replace(&mut self.taken, now.clone());
        match now {
            now if now == before => None,
            None => Some(ProviderChange::NoneLeft),
            Some((id, session)) if before.is_some_and(|(before, _)| before == id) => {
                Some(ProviderChange::Reports(session))
            }
            Some((id, session)) => Some(ProviderChange::Follows(id, session)),
        }
    }

    /// The session of the followed provider.
    fn session(&self) -> Option<&Session> {
        let followed = self.followed?;
        self.added.iter().find(|provider| provider.id == followed).map(|provider| &provider.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProviderChange::{Follows, NoneLeft, Reports};
    use Session::{Loading, SignedOut};

    fn ada() -> Session {
        Session::signed_in("ada")
    }

    fn bob() -> Session {
        Session::signed_in("bob")
    }

    /// Providers with these sessions, added in this order.
    fn providers<const N: usize>(sessions: [Session; N]) -> (Providers<()>, [ProviderId; N]) {
        let mut providers = Providers::default();
        let ids = sessions.map(|session| {
            let id = providers.add(());
            providers.report(id, session);
            id
        });
        providers.take_change();
        (providers, ids)
    }

    #[test]
    fn the_newest_provider_that_has_reported_is_followed() {
        // For each: sessions from the oldest to the newest, and the index of the followed one.
        let cases = [
            (vec![Loading], 0),
            (vec![Loading, Loading], 1),
            (vec![ada(), Loading], 0),
            (vec![SignedOut, Loading], 0),
            (vec![ada(), bob()], 1),
            (vec![ada(), SignedOut], 1),
            (vec![Loading, ada()], 1),
            (vec![ada(), Loading, bob(), Loading], 2),
        ];
        for (sessions, followed) in cases {
            let mut providers = Providers::default();
            let ids = sessions.iter().map(|session| {
                let id = providers.add(());
                providers.report(id, session.clone());
                id
            });
            let ids: Vec<_> = ids.collect();
            assert_eq!(providers.followed(), Some(ids[followed]), "{sessions:?}");
            let change = providers.take_change();
            assert_eq!(change, Some(Follows(ids[followed], sessions[followed].clone())), "{sessions:?}");
        }
    }

    #[test]
    fn removal_falls_back_to_a_provider_that_has_reported() {
        // For each: sessions, the index of the removed one, and the change for the client.
        let cases = [
            (vec![ada()], 0, Some(None)),
            (vec![ada(), ada()], 1, Some(Some(0))),
            (vec![ada(), ada()], 0, None),
            (vec![ada(), ada(), ada()], 1, None),
            (vec![ada(), Loading, bob()], 2, Some(Some(0))),
            (vec![Loading, Loading, bob()], 2, Some(Some(1))),
            (vec![ada(), Loading], 0, Some(Some(1))),
            (vec![ada(), Loading], 1, None),
        ];
        for (sessions, removed, change) in cases {
            let mut providers = Providers::default();
            let ids = sessions.iter().map(|session| {
                let id = providers.add(());
                providers.report(id, session.clone());
                id
            });
            let ids: Vec<_> = ids.collect();
            providers.take_change();
            providers.remove(ids[removed]);
            let expected =
                change.map(|next| next.map_or(NoneLeft, |at: usize| Follows(ids[at], sessions[at].clone())));
            assert_eq!(providers.take_change(), expected, "{sessions:?} without {removed}");
        }
    }

    #[test]
    fn a_loading_provider_takes_over_with_its_first_report() {
        let (mut providers, [_, second]) = providers([ada(), Loading]);
        providers.report(second, Loading);
        assert_eq!(providers.take_change(), None);
        providers.report(second, bob());
        assert_eq!(providers.take_change(), Some(Follows(second, bob())));
        providers.report(second, Loading);
        assert_eq!(providers.take_change(), None, "the last report is still valid");
        providers.report(second, ada());
        assert_eq!(providers.take_change(), Some(Reports(ada())));
    }

    #[test]
    fn reports_of_older_and_removed_providers_change_nothing() {
        let (mut providers, [first, second, third]) = providers([ada(), bob(), Loading]);
        providers.report(first, SignedOut);
        assert_eq!(providers.take_change(), None);
        providers.remove(second);
        assert_eq!(providers.take_change(), Some(Follows(first, SignedOut)), "its latest report counts");
        providers.remove(third);
        providers.report(second, bob());
        providers.report(third, bob());
        assert_eq!((providers.take_change(), providers.remove(third)), (None, None));
    }

    #[test]
    fn rebuilt_provider_is_followed_without_a_sign_out() {
        let (mut providers, [first, _]) = providers([ada(), Loading]);
        providers.remove(first);
        let rebuilt = providers.add(());
        providers.report(rebuilt, ada());
        assert_eq!(providers.take_change(), Some(Follows(rebuilt, ada())));
    }

    #[test]
    fn provider_added_after_clear_is_followed() {
        let (mut providers, _) = providers([ada(), bob()]);
        assert_eq!(providers.clear().len(), 2);
        assert_eq!((providers.take_change(), providers.take_change()), (Some(NoneLeft), None));
        let later = providers.add(());
        assert_eq!(providers.take_change(), Some(Follows(later, Loading)));
    }
}
