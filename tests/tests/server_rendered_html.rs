//! The HTML of a server-rendered page, without JavaScript: which data it has in each streaming
//! mode, its title and status, its headers, and what it never has.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, RenderedSite, with_rendered_site};
use serde_json::Value as Json;

const FIRST_MESSAGE: &str = "Anybody can read this, signed in or not.";
const ALICES: &str = "Rabbit Hole Research";

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_pages_in_order_and_async_show_data() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        alice.set_javascript(false).await?;
        for (path, expected) in
            [("/in-order", FIRST_MESSAGE), ("/async", FIRST_MESSAGE), ("/organizations", ALICES)]
        {
            alice.open(path).await?;
            let text = text(&alice).await?;
            ensure!(text.contains(expected), "{path} has no data: {text}");
            ensure!(!text.contains("Loading"), "{path} shows a fallback: {text}");
            ensure!(text.contains("Sign out"), "{path} does not show the user: {text}");
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_a_page_out_of_order_shows_the_fallback() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        alice.set_javascript(false).await?;
        alice.open("/").await?;
        let text = text(&alice).await?;
        ensure!(text.contains("Loading the messages…") && !text.contains(FIRST_MESSAGE), "{text}");
        // The data is in the HTML, after the fallback.
        ensure!(site.front.html().contains(FIRST_MESSAGE));
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn title_and_status_of_a_page_come_from_its_query() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        alice.open("/organizations").await?;
        let link = "return [...document.querySelectorAll('[data-testid=organizations] a')]
            .find((link) => link.innerText === arguments[0]).getAttribute('href')";
        let path: String = alice.run(link, vec![ALICES.into()]).await?;
        let bob = site.signed_in("bob").await?;

        let (status, html) = site.fetch(&path, &session_cookie(&alice).await?).await?;
        ensure!(status == 200, "the status for a member is {status}");
        ensure!(html.contains(&format!("<title>{ALICES} · Notice board</title>")), "{html}");
        let (status, html) = site.fetch(&path, &session_cookie(&bob).await?).await?;
        ensure!(
            status == 404 && html.contains("<title>Not found · Notice board</title>"),
            "{status}: {html}"
        );
        ensure!(!html.contains(ALICES), "Bob gets the name of Alice's organization");

        // In the browser, the title follows the page.
        let document = format!("{ALICES} · Notice board");
        alice.open(&path).await?;
        alice.wait_for_document("the title", |state| state.title == document).await?;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn html_has_no_token_session_or_claim() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        let cookie = session_cookie(&alice).await?;
        let (_, session) = site.fetch("/api/auth/get-session", &cookie).await?;
        let session: Json = serde_json::from_str(&session)?;
        let field = |name: &str| session["session"][name].as_str().context("the session has this field");
        // A JWT begins with the base64 of `{"`. The issuer is the dev server's own origin, which no
        // page needs.
        let markers = ["eyJ", field("id")?, field("token")?, &site.env.server.url(), "jti", "session_token"];
        site.front.clear();
        for path in ["/", "/in-order", "/async", "/organizations", "/sign-in"] {
            let (status, html) = site.fetch(path, &cookie).await?;
            ensure!(status == 200 || status == 302, "the status of {path} is {status}");
            for marker in markers {
                ensure!(!html.contains(marker), "{path} has {marker:?} in its HTML: {html}");
            }
        }
        ensure!(site.front.html().contains(ALICES), "the pages are not Alice's");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_do_not_store_the_page_of_a_user() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        for (cookie, expected) in
            [(session_cookie(&alice).await?, Some("private, no-store")), (String::new(), None)]
        {
            let request = reqwest::Client::new().get(format!("{}/organizations", site.front.url()));
            let response = request.header("cookie", cookie).send().await?;
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            assert_eq!(header("cache-control"), expected);
            ensure!(header("vary").is_some_and(|vary| vary.eq_ignore_ascii_case("cookie")), "{response:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_works_without_javascript() -> Result<()> {
    with_rendered_site(async |site| {
        let alice = site.signed_in("alice").await?;
        alice.set_javascript(false).await?;
        alice.open("/in-order").await?;
        alice.type_into("message-input", "Sent by HTML alone").await?;
        alice.click("send").await?;
        let shows_it = async || {
            let text = text(&alice).await?;
            ensure!(text.contains("Sent by HTML alone"), "{text}");
            Ok(Some(()))
        };
        e2e::until("the page with the message", shows_it).await?;
        check_sender(site).await
    })
    .await
}

async fn check_sender(site: &RenderedSite<'_>) -> Result<()> {
    let log = site.env.server.log().await?;
    let senders = log.executions.iter().filter(|run| run.path == "messages:send");
    let senders: Vec<_> = senders.map(|run| run.subject.as_deref()).collect();
    assert_eq!(senders, [Some("user_alice")]);
    Ok(())
}

async fn text(browser: &Browser) -> Result<String> {
    browser.run("return document.body.innerText", Vec::new()).await
}

/// The value of a `Cookie` header with the browser's session.
async fn session_cookie(browser: &Browser) -> Result<String> {
    let name = "better-auth.session_token";
    Ok(format!("{name}={}", browser.cookie(name).await?))
}
