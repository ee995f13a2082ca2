//! The identity provider.

use super::{
    BetterAuthError, BetterAuthUser, http,
    latest_wins::{LatestWins, RequestNumber},
    session::{KnownSession, SessionAnswer},
};
use crate::{AuthProvider, page};
use convex_web::{
    TokenRequest, WakeListener,
    sync::{Claims, Session, TokenError},
};
use futures_channel::mpsc::{self, Receiver};
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, abortable, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::cell::RefCell;

/// [Better Auth](https://www.better-auth.com) with its Convex plugin, as an identity provider. Its
/// session cookie identifies the user and survives a reload, and it issues tokens for the
/// deployment.
///
/// It is `Copy` and belongs to the reactive owner that it was created under, like a signal.
///
/// ```no_run
/// use convex_leptos::{BetterAuth, ConvexProviderWithAuth, Unauthenticated};
/// use leptos::{prelude::*, task::spawn_local};
///
/// #[component]
/// fn App() -> impl IntoView {
///     // "" where the app and `/api/auth` are on the same origin.
///     let auth = BetterAuth::new("");
///     let sign_in = move |_| {
///         spawn_local(async move {
///             if let Err(error) = auth.sign_in_email("ada@example.com", "correct horse").await {
///                 // show `error`
/// #               drop(error);
///             }
///         });
///     };
///     view! {
///         <ConvexProviderWithAuth url="https://happy-animal-123.convex.cloud" auth>
///             <Unauthenticated><button on:click=sign_in>"Sign in"</button></Unauthenticated>
///             {move || auth.user().map(|user| user.name)}
///         </ConvexProviderWithAuth>
///     }
/// }
/// ```
///
/// # Answers
///
/// `null` and the status 401 mean that no user is signed in. Any other answer that is not Better
/// Auth's, such as an error page, a timeout or a lost network, changes nothing: the user stays
/// signed in, and the request is retried.
///
/// # Other tabs
///
/// All tabs share the cookie, and any of them can sign out or sign in another user. So the session
/// is fetched again whenever the page becomes visible or returns from the back-forward cache, and
/// when the machine comes back online. If the user or the login has changed, all data of the old
/// one is dropped, as after a sign-out here. While such a request is in flight, further ones wait
/// for it.
///
/// A token with another subject than the user means that another tab has signed in another user. It
/// is not used before the session was fetched again: [`user`](Self::user) never returns one user
/// beside the data of another.
///
/// # On the server
///
/// It sends nothing. Its user is the one of the request ([`RequestIdentity`](crate::RequestIdentity)),
/// and in the browser the one of the page, until Better Auth has answered.
#[derive(Debug, Clone, Copy)]
pub struct BetterAuth {
    base: StoredValue<String>,
    known: RwSignal<KnownSession>,
    requests: StoredValue<LatestWins>,
    /// A session together with the subject of its tokens, if that is not the user's id.
    alias: StoredValue<Option<(Session, String)>>,
}

/// The first and the longest delay between retries, which double.
const RETRY_MS: (u32, u32) = (1_000, 30_000);

impl BetterAuth {
    /// Better Auth at `{base}/api/auth`, which is queried for the session at once. `base` is an
    /// origin such as `https://example.com`, or empty for the origin of the page.
    #[track_caller]
    pub fn new(base: impl Into<String>) -> Self {
        let base = base.into().trim_end_matches('/').to_owned();
        let user = page::user(&base);
        let auth = Self {
            base: StoredValue::new(base),
            known: RwSignal::new(user.map_or(KnownSession::Unknown, KnownSession::Presumed)),
            requests: StoredValue::new(LatestWins::default()),
            alias: StoredValue::new(None),
        };
        if crate::IN_BROWSER {
            let (watcher, handle) = abortable(auth.watch_session());
            on_cleanup(move || handle.abort());
            spawn_local(watcher.map(|_| ()));
        }
        auth
    }

    /// The signed-in user, as Better Auth reports it. Tracked.
    pub fn user(&self) -> Option<BetterAuthUser> {
        self.known.try_with(|known| known.user().cloned()).flatten()
    }

    /// Signs in with an email address and a password.
    ///
    /// # Errors
    ///
    /// If Better Auth refuses or cannot be reached. A user who was signed in before stays signed
    /// in.
    pub async fn sign_in_email(
        self,
        email: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<(), BetterAuthError> {
        #[derive(Serialize)]
        struct Credentials {
            email: String,
            password: String,
        }
        let credentials = Credentials { email: email.into(), password: password.into() };
        let IgnoredAny = http::post(&self.url("sign-in/email"), &credentials).await?;
        self.refetch_session().await
    }

    /// Signs out, here and at Better Auth.
    ///
    /// # Errors
    ///
    /// If Better Auth cannot be reached. Then the user stays signed in, because the cookie is still
    /// valid; [`ConvexClient::sign_out`](crate::ConvexClient::sign_out) works offline.
    pub async fn sign_out(self) -> Result<(), BetterAuthError> {
        #[derive(Serialize)]
        struct EmptyBody {}
        let IgnoredAny = http::post(&self.url("sign-out"), &EmptyBody {}).await?;
        self.accept(self.next_request(), KnownSession::SignedOut);
        Ok(())
    }

    /// Fetches the session again: after a sign-in by other means than the methods of this type.
    /// Changes in other tabs are noticed without it.
    ///
    /// # Errors
    ///
    /// If Better Auth cannot be reached. The known session stays.
    ///
    /// ```
    /// # async fn sign_in_in_a_popup() {}
    /// # async fn example(auth: convex_leptos::BetterAuth) -> Result<(), convex_leptos::BetterAuthError> {
    /// sign_in_in_a_popup().await;
    /// auth.refetch_session().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refetch_session(self) -> Result<(), BetterAuthError> {
        let request = self.next_request();
        let answer = match http::get::<Option<SessionAnswer>>(&self.url("get-session")).await {
            Err(error) if error.is_unauthorized() => None,
            answer => answer?,
        };
        self.accept(request, answer.into());
        Ok(())
    }

    /// Fetches the session, and again whenever the page wakes, while this is polled.
    async fn watch_session(self) {
        // The channel holds one wake, which is enough: a wake during a request may be newer than
        // its answer, and a second one adds nothing.
        let (sender, mut wakes) = mpsc::channel(0);
        let sender = RefCell::new(sender);
        let _listener = WakeListener::new(move || drop(sender.borrow_mut().try_send(())));
        self.fetch_until_answered(&mut wakes).await;
        while wakes.next().await.is_some() {
            self.fetch_until_answered(&mut wakes).await;
        }
    }

    async fn fetch_until_answered(self, wakes: &mut Receiver<()>) {
        let (first, longest) = RETRY_MS;
        let mut delay = first;
        while self.refetch_session().await.is_err() {
            delay = match select(TimeoutFuture::new(delay), wakes.next()).await {
                Either::Left(_) => longest.min(delay * 2),
                // The network may be back.
                Either::Right(_) => first,
            };
        }
    }

    fn next_request(&self) -> RequestNumber {
        self.requests.try_update_value(LatestWins::next).unwrap_or_default()
    }

    /// Ensures that the user is the subject of a token.
    async fn ensure_user_of(self, token: &str) -> Result<(), BetterAuthError> {
        let Some(subject) = Claims::read(token).and_then(|claims| claims.subject) else { return Ok(()) };
        if self.is_subject_of_user(&subject) {
            return Ok(());
        }
        self.refetch_session().await?;
        if let Some(session) = self.known.try_with_untracked(KnownSession::session) {
            self.alias.try_set_value(Some((session, subject)));
        }
        Ok(())
    }

    fn is_subject_of_user(&self, subject: &str) -> bool {
        let is_alias = |session: &Session| {
            self.alias.try_with_value(|alias| {
                alias.as_ref().is_some_and(|(of, name)| of == session && name == subject)
            })
        };
        let is_known = self.known.try_with_untracked(|known| {
            known.user().is_some_and(|user| user.id == subject) || is_alias(&known.session()) == Some(true)
        });
        is_known.unwrap_or(true)
    }

    fn accept(&self, request: RequestNumber, known: KnownSession) {
        let has_changed =
            self.requests.try_update_value(|requests| requests.accept(request)).unwrap_or(false)
                && self.known.try_with_untracked(|before| *before != known).unwrap_or(false);
        if has_changed {
            self.known.set(known);
        }
    }

    fn url(&self, path: &str) -> String {
        let base = self.base.try_get_value().unwrap_or_default();
        format!("{base}/api/auth/{path}")
    }
}

impl AuthProvider for BetterAuth {
    fn session(&self) -> Signal<Session> {
        let known = self.known;
        Memo::new(move |_| known.try_with(KnownSession::session).unwrap_or(Session::Loading)).into()
    }

    async fn fetch_token(&self, _: TokenRequest) -> Result<Option<String>, TokenError> {
        #[derive(Deserialize)]
        struct TokenAnswer {
            token: String,
        }
        // The endpoint issues a new token for each request, so `force` needs no special handling.
        let url = self.url("convex/token");
        let token = match http::get::<Option<TokenAnswer>>(&url).await {
            Ok(answer) => answer.map(|answer| answer.token),
            Err(error) if error.is_unauthorized() => None,
            Err(error) => return Err(error.for_token(&url)),
        };
        let auth = *self;
        match &token {
            Some(token) => {
                auth.ensure_user_of(token).await.map_err(|error| TokenError::new(error.to_string()))?;
            }
            // The session ended elsewhere. If this request fails, nothing is lost: its answer would
            // be the same.
            None => spawn_local(async move { drop(auth.refetch_session().await) }),
        }
        Ok(token)
    }
}
