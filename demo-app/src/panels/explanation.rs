//! Plain words beside each panel: what happens, why, and the lines of code that make it so.

use leptos::prelude::*;

/// The words of one panel.
#[derive(Debug, Clone, Copy)]
pub enum Explanation {
    Naive,
    Fixed { eager: bool },
}

impl Explanation {
    /// What a person sees, and why.
    pub fn what_happens(self) -> impl IntoView {
        let (what, why) = match self {
            Self::Naive => (
                "The list flashes red, then comes right by itself.",
                "The cookie tells this page that somebody is signed in, so it shows the list at once. But the server knows \
                 people by their token, and that is still being fetched. The query leaves first, runs as nobody and \
                 fails; once the token arrives, it runs again.",
            ),
            Self::Fixed { eager: false } => (
                "A placeholder, then the list. Never an error.",
                "The gate opens when the server has confirmed the token. No query that may depend on who is asking leaves \
                 before Authenticate, on this connection or on any later one.",
            ),
            Self::Fixed { eager: true } => (
                "A placeholder, then the list, one round trip sooner. Never an error.",
                "The eager gate builds the list out of sight, so that its query travels right behind Authenticate, in the \
                 same flight. The list is shown once the server has confirmed the token.",
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

    /// The lines that make the difference.
    pub fn code(self) -> impl IntoView {
        let code = match self {
            Self::Naive => view! {
                <em>"// The cookie says that somebody is. The server was not asked.\n"</em>
                "match "<b>"session.get()"</b>" {\n"
                "    Session::SignedIn { .. } => view! { <Organizations/> },\n"
                "    …\n}\n\n"
                <em>"// And queries leave at once, as whoever the connection is.\n"</em>
                "ClientOptions::default()."<b>"default_auth(AuthPolicy::Immediate)"</b>
            }
            .into_any(),
            Self::Fixed { eager } => view! {
                <em>"// Opens when the server has confirmed the token.\n"</em>
                "<"<b>"Authenticated"{eager.then_some(" eager=true")}</b>">\n"
                "    <Organizations/>\n"
                "</"<b>"Authenticated"</b>">\n\n"
                <em>"// Queries wait for auth by themselves: nothing to write.\n"</em>
                "use_query::<Vec<Organization>>(\"organizations:list\", ())"
            }
            .into_any(),
        };
        view! {
            <div class="why">
                <h3>"The lines that make it so"</h3>
                <pre tabindex="0"><code>{code}</code></pre>
            </div>
        }
    }
}
