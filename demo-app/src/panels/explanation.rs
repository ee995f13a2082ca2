//! The explanation in each panel: behaviour, reason and code.

use leptos::prelude::*;

/// The explanation of one panel.
#[derive(Debug, Clone, Copy)]
pub enum Explanation {
    Naive,
    Fixed { eager: bool },
}

impl Explanation {
    /// The behaviour that the user sees, and the reason for it.
    pub fn behaviour(self) -> impl IntoView {
        let (what, why) = match self {
            Self::Naive => (
                "The list shows an error for a moment, then its data.",
                "The session cookie tells this page that a user is signed in, so it renders the list at once. But the server \
                 identifies users by a token, and the token is still being fetched. The query is sent first, runs \
                 without a user and fails. Once the token arrives, the query runs again.",
            ),
            Self::Fixed { eager: false } => (
                "A placeholder, then the list. Never an error.",
                "The gate opens when the server has confirmed the token, and only then is the query sent: one round trip \
                 later than with the eager gate. On every connection, queries that may depend on the user are sent \
                 after Authenticate.",
            ),
            Self::Fixed { eager: true } => (
                "A placeholder, then the list. Never an error, and no extra round trip.",
                "The eager gate builds the list hidden, so that its query is sent right behind Authenticate, without waiting \
                 for the answer. The list is revealed once the server has confirmed the token.",
            ),
        };
        view! {
            <div class="why">
                <div>
                    <h3>"What happens"</h3>
                    <p>{what}</p>
                </div>
                <div>
                    <h3>"Why"</h3>
                    <p>{why}</p>
                </div>
            </div>
        }
    }

    /// The lines of code that make the difference.
    pub fn code(self) -> impl IntoView {
        let code = match self {
            Self::Naive => view! {
                <em>"// The cookie says signed in. The server has not confirmed it.\n"</em>
                "match "<b>"session.get()"</b>" {\n"
                "    Session::SignedIn { .. } => view! { <Organizations/> },\n"
                "    …\n}\n\n"
                <em>"// And queries do not wait for the token.\n"</em>
                "ClientOptions::default()."<b>"default_auth(AuthPolicy::Immediate)"</b>
            }
            .into_any(),
            Self::Fixed { eager } => view! {
                <em>"// Opens when the server has confirmed the token.\n"</em>
                "<"<b>"Authenticated"{eager.then_some(" eager=true")}</b>">\n"
                "    <Organizations/>\n"
                "</"<b>"Authenticated"</b>">\n\n"
                <em>"// Queries wait for auth by default.\n"</em>
                "use_query(ORGANIZATIONS, ())"
            }
            .into_any(),
        };
        view! {
            <div class="why">
                <h3>"The code"</h3>
                <pre tabindex="0"><code>{code}</code></pre>
            </div>
        }
    }
}
