//! Which queries run on the server, and as whom.

use crate::{
    deployment::Deployment,
    page::{Page, SsrMode, render},
};
use convex_leptos::*;
use leptos::prelude::*;
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Organization {
    name: String,
}

const ORGANIZATIONS: QueryRef<(), Vec<Organization>> = QueryRef::new("organizations:list");

pub fn provider() -> impl AuthProvider {
    auth_fn(|| Session::Loading, |_| async { Ok(None) })
}

async fn organizations(deployment: &Deployment, identity: RequestIdentity, auth: AuthPolicy) -> Page {
    let url = deployment.url();
    render(SsrMode::InOrder, identity, move || {
        view! {
            <ConvexProviderWithAuth url auth=provider()>
                {
                    let organizations = use_query_with(ORGANIZATIONS, (), auth);
                    view! {
                        <Suspense fallback=|| "waiting">
                            {move || organizations.map(|result| match result {
                                Ok(organizations) => format!("{organizations:?}"),
                                Err(error) => format!("failed: {error}"),
                            })}
                        </Suspense>
                    }
                }
            </ConvexProviderWithAuth>
        }
    })
    .await
}

/// The table of policies in the docs of `AuthPolicy`.
#[tokio::test(flavor = "multi_thread")]
async fn each_policy_runs_as_the_table_says() {
    let deployment = Deployment::start().await;
    let alice = deployment.sign_in("alice").await;
    let identities = [alice, RequestIdentity::Anonymous, RequestIdentity::Unknown];
    let as_alice: &[Option<&str>] = &[Some("alice")];
    let (anonymously, not): (&[Option<&str>], &[Option<&str>]) = (&[None], &[]);
    let table = [
        (AuthPolicy::Settled, [as_alice, anonymously, not]),
        (AuthPolicy::Required, [as_alice, not, not]),
        (AuthPolicy::Immediate, [anonymously, anonymously, anonymously]),
    ];
    let mut so_far = 0;
    for (policy, expected) in table {
        for (identity, expected) in identities.iter().zip(expected) {
            let page = organizations(&deployment, identity.clone(), policy).await;
            let executions = deployment.executions("organizations:list").await.split_off(so_far);
            so_far += executions.len();
            let subjects: Vec<_> = executions.iter().map(Option::as_deref).collect();
            assert_eq!(subjects.len(), expected.len(), "{policy:?} {identity:?}: {page:?}");
            let is_alice = subjects.iter().any(Option::is_some);
            assert_eq!(is_alice, expected == as_alice, "{policy:?} {identity:?}: {page:?}");
            assert_eq!(page.contains("waiting"), expected == not, "{policy:?} {identity:?}: {page:?}");
        }
    }
}

/// A function's error is a result.
#[tokio::test(flavor = "multi_thread")]
async fn a_functions_error_is_rendered_and_serialized() {
    let deployment = Deployment::start().await;
    let page = organizations(&deployment, RequestIdentity::Anonymous, AuthPolicy::Settled).await;
    assert!(page.contains("failed: ") && page.contains("No identity found"), "{page:?}");
    assert!(page.data.contains("No identity found"), "{page:?}");
}

/// 100 requests of two users at the same time, in all streaming modes.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_of_two_users_never_mix() {
    let deployment = Deployment::start().await;
    let users = [deployment.sign_in("alice").await, deployment.sign_in("bob").await];
    let names: [String; 2] = [
        own_organization(&deployment, &users[0], &users[1]).await,
        own_organization(&deployment, &users[1], &users[0]).await,
    ];
    let requests =
        (0..100).map(|request| organizations(&deployment, users[request % 2].clone(), AuthPolicy::Settled));
    let pages = futures_util::future::join_all(requests).await;
    for (request, page) in pages.iter().enumerate() {
        let (own, others) = (&names[request % 2], &names[1 - request % 2]);
        assert!(page.contains(own) && !page.text().contains(others.as_str()), "{request}: {page:?}");
    }
    assert!(deployment.executions("organizations:list").await.iter().all(Option::is_some));
}

/// The name of an organization that only the first of the users has.
async fn own_organization(
    deployment: &Deployment,
    user: &RequestIdentity,
    other: &RequestIdentity,
) -> String {
    let list = async |user: &RequestIdentity| -> Vec<Organization> {
        let RequestIdentity::User { token, .. } = user else { unreachable!("a user") };
        let client = ConvexHttpClient::new(deployment.url()).with_auth(token.expose());
        client.query(ORGANIZATIONS, ()).await.expect("the organizations")
    };
    let (own, others) = (list(user).await, list(other).await);
    own.into_iter().find(|own| !others.contains(own)).expect("an organization of one user only").name
}
