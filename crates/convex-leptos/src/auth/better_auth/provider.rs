//! The provider itself.

use super::{
    BetterAuthError, BetterAuthUser, http,
    latest_wins::{LatestWins, Question},
    session::{Known, SignedIn},
};
use crate::AuthProvider;
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

/// [Better Auth](https://www.better-auth.com) with its Convex plugin: who is signed in is known
/// from its session cookie, which survives a reload, and its tokens are the deployment's.
///
/// It is `Copy` and belongs to the reactive owner it was made under, like a signal.
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
/// # What its answers mean
///
/// `null`, and the status 401, say that nobody is signed in. Everything else that is no answer of
/// Better Auth's, such as an error page, a timeout or a lost network, says nothing: nobody is
/// signed out by it, and it is asked again.
///
/// # Other tabs
///
/// The cookie is that of all tabs, and any of them may sign out, or somebody else in. So it is
/// asked again whenever the page becomes visible or comes back from the back-forward cache, and
/// when the machine comes back online. Where the person or the login is another one, everything of
/// the old one is dropped, as after a sign-out here. While such a question has no answer, further
/// ones wait for it.
///
/// A token that speaks for somebody else than the user says that they have signed in in another
/// tab. It is not given out before Better Auth was asked who that is: [`user`](Self::user) never
/// names one person over the data of another.
///
/// # On the server
///
/// It asks nothing and is loading.
#[derive(Debug, Clone, Copy)]
pub struct BetterAuth {
    base: StoredValue<String>,
    known: RwSignal<Known>,
    questions: StoredValue<LatestWins>,
    /// Of a session whose tokens have another subject than its user's id: which.
    alias: StoredValue<Option<(Session, String)>>,
}

/// The delays between questions that were not answered: from the first to the last, doubling.
const RETRY_MS: (u32, u32) = (1_000, 30_000);

impl BetterAuth {
    /// Better Auth at `{base}/api/auth`, asked at once who is signed in. `base` is an origin such
    /// as `https://example.com`, or empty for the page's own.
    #[track_caller]
    pub fn new(base: impl Into<String>) -> Self {
        let base = base.into().trim_end_matches('/').to_owned();
        let auth = Self {
            base: StoredValue::new(base),
            known: RwSignal::new(Known::Nothing),
            questions: StoredValue::new(LatestWins::default()),
            alias: StoredValue::new(None),
        };
        if crate::IN_BROWSER {
            let (keeping_up, handle) = abortable(auth.keep_up());
            on_cleanup(move || handle.abort());
            spawn_local(keeping_up.map(|_| ()));
        }
        auth
    }

    /// Who is signed in, as Better Auth says. Tracked.
    pub fn user(&self) -> Option<BetterAuthUser> {
        self.known.try_with(|known| known.user().cloned()).flatten()
    }

    /// Signs in with an email address and a password.
    ///
    /// # Errors
    ///
    /// Where Better Auth refuses or cannot be asked. Whoever was signed in before still is.
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
    /// Where Better Auth cannot be asked. Then the person is still signed in, since the cookie
    /// still stands; [`ConvexClient::sign_out`](crate::ConvexClient::sign_out) works offline.
    pub async fn sign_out(self) -> Result<(), BetterAuthError> {
        #[derive(Serialize)]
        struct Nothing {}
        let IgnoredAny = http::post(&self.url("sign-out"), &Nothing {}).await?;
        self.learn(self.next_question(), Known::SignedOut);
        Ok(())
    }

    /// Asks again who is signed in: after a sign-in by other means than this type's. It need not be
    /// called for what other tabs do.
    ///
    /// # Errors
    ///
    /// Where Better Auth cannot be asked. What was known before still is.
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
        let question = self.next_question();
        let answer = match http::get::<Option<SignedIn>>(&self.url("get-session")).await {
            Err(error) if error.is_unauthorized() => None,
            answer => answer?,
        };
        self.learn(question, answer.into());
        Ok(())
    }

    /// Asks who is signed in, and again whenever the page wakes, for as long as this is polled.
    async fn keep_up(self) {
        // It holds one wake, which is enough: one that comes while a question is under way may be
        // newer than the answer, and a second says nothing new.
        let (tell, mut wakes) = mpsc::channel(0);
        let tell = RefCell::new(tell);
        let _listener = WakeListener::new(move || drop(tell.borrow_mut().try_send(())));
        self.ask_until_answered(&mut wakes).await;
        while wakes.next().await.is_some() {
            self.ask_until_answered(&mut wakes).await;
        }
    }

    async fn ask_until_answered(self, wakes: &mut Receiver<()>) {
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

    fn next_question(&self) -> Question {
        self.questions.try_update_value(LatestWins::next).unwrap_or_default()
    }

    /// Sees to it that the user is who a token speaks for.
    async fn learn_whose(self, token: &str) -> Result<(), BetterAuthError> {
        let Some(subject) = Claims::read(token).and_then(|claims| claims.subject) else { return Ok(()) };
        if self.is_the_users(&subject) {
            return Ok(());
        }
        self.refetch_session().await?;
        if let Some(session) = self.known.try_with_untracked(Known::session) {
            self.alias.try_set_value(Some((session, subject)));
        }
        Ok(())
    }

    fn is_the_users(&self, subject: &str) -> bool {
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

    fn learn(&self, question: Question, known: Known) {
        let is_news =
            self.questions.try_update_value(|questions| questions.believe(question)).unwrap_or(false)
                && self.known.try_with_untracked(|before| *before != known).unwrap_or(false);
        if is_news {
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
        Memo::new(move |_| known.try_with(Known::session).unwrap_or(Session::Loading)).into()
    }

    async fn fetch_token(&self, _: TokenRequest) -> Result<Option<String>, TokenError> {
        #[derive(Deserialize)]
        struct Answer {
            token: String,
        }
        // Its endpoint makes a new token for each request: nothing is to be forced.
        let url = self.url("convex/token");
        let token = match http::get::<Option<Answer>>(&url).await {
            Ok(answer) => answer.map(|answer| answer.token),
            Err(error) if error.is_unauthorized() => None,
            Err(error) => return Err(error.for_token(&url)),
        };
        let auth = *self;
        match &token {
            Some(token) => {
                auth.learn_whose(token).await.map_err(|error| TokenError::new(error.to_string()))?;
            }
            // The session ended elsewhere. If this fails, what it would have said was said just
            // now.
            None => spawn_local(async move { drop(auth.refetch_session().await) }),
        }
        Ok(token)
    }
}
