//! Results that cross a serialized border, such as the props of an island.

use crate::{
    ConvexClient, ConvexError, IntoQueryArgs, QueryOptions, UseQuery,
    query::{EncodedArgs, OnceRequest, resolve_auth, start_query},
    use_convex,
};
use convex_web::sync::{
    Arguments, AuthPolicy, EncodedValue, FunctionPath, NotSentReason, PageIdentity, QueryFunction, ReadAs,
    Value, from_json,
};
use leptos::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _};
use std::{fmt, future::Future};

/// The result of a query that was run on the server, for [`use_preloaded_query`].
///
/// It can be serialized, so it can be a prop of an island or the value of a resource. It contains
/// the result and digests of the identity that the query ran under, but no token.
#[derive(Clone, PartialEq)]
pub struct Preloaded<T> {
    function: FunctionPath,
    args: Arguments,
    /// `None` if the query ran in the browser, whose client has the result already.
    identity: Option<PageIdentity>,
    encoded: EncodedValue,
    value: T,
}

impl<T> Preloaded<T> {
    /// The result at the moment when the query ran. It does not change; [`use_preloaded_query`] is
    /// live.
    pub fn value(&self) -> &T {
        &self.value
    }
}

/// Runs a query once, for a component that is on the other side of a serialized border.
///
/// Elsewhere, [`use_query`](crate::use_query) alone renders on the server and continues in the
/// browser.
///
/// On a server, the query runs over HTTP as the user of the request; in the browser, over the
/// client's socket. Call it before the first `.await`: it finds the client in the context.
///
/// ```
/// use convex_leptos::{ConvexError, Preloaded, QueryRef, preload_query, use_preloaded_query};
/// use leptos::prelude::*;
///
/// const LIST: QueryRef<(), Vec<String>> = QueryRef::new("messages:list");
///
/// #[component]
/// fn Page() -> impl IntoView {
///     let preloaded = Resource::new(|| (), |()| async { preload_query(LIST, ()).await.ok() });
///     view! {
///         <Suspense>
///             {move || Suspend::new(async move { preloaded.await.map(|list| view! { <Messages list/> }) })}
///         </Suspense>
///     }
/// }
///
/// /// With the feature `islands` of `leptos`, an `#[island]`.
/// #[component]
/// fn Messages(list: Preloaded<Vec<String>>) -> impl IntoView {
///     let messages = use_preloaded_query(list);
///     view! { <p>{move || messages.value().map(|messages| messages.len())}" messages"</p> }
/// }
/// ```
///
/// # Errors
///
/// If the function throws, or the query could not be run: see [`ConvexError`].
pub fn preload_query<F, T, M>(
    function: F,
    args: impl IntoQueryArgs<F::Args, M>,
) -> impl Future<Output = Result<Preloaded<T>, ConvexError>> + Send
where
    F: QueryFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned,
{
    use_convex().preload_query(function, args)
}

/// The live result of a preloaded query. It starts with the [preloaded](preload_query) one, if that
/// is of the user who is signed in.
#[track_caller]
pub fn use_preloaded_query<T>(preloaded: Preloaded<T>) -> UseQuery<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_preloaded_query(preloaded)
}

impl ConvexClient {
    /// [`preload_query`] for this client.
    ///
    /// # Errors
    ///
    /// If the function throws, or the query could not be run: see [`ConvexError`].
    pub fn preload_query<F, T, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M>,
    ) -> impl Future<Output = Result<Preloaded<T>, ConvexError>> + Send
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned,
    {
        let started = self.start_preload(function.path(), untrack(|| args.read_query_args()));
        async move {
            let StartedPreload { function, args, identity, request } = started?;
            let encoded = request.await?;
            let value = encoded.decode()?;
            Ok(Preloaded { function, args, identity, encoded, value })
        }
    }

    /// [`use_preloaded_query`] for this client.
    #[track_caller]
    pub fn use_preloaded_query<T>(self, preloaded: Preloaded<T>) -> UseQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let Preloaded { function, args, identity, encoded, .. } = preloaded;
        let client = self.shared();
        let auth = resolve_auth(None, &client);
        let is_own = identity.is_some_and(|identity| match identity {
            PageIdentity::Anonymous => auth != AuthPolicy::Required,
            PageIdentity::User { .. } => client.web().is_identity(identity),
        });
        // Subscribed first, so that the hook finds the result.
        let seeded = is_own.then(|| {
            let query = client.web().subscribe(&function, &args, auth);
            client.web().seed(query, Ok(encoded));
            query
        });
        let read_args = Box::new(move || Ok(Some(args.clone())));
        let handle = self.query_handle(Ok(function), read_args, QueryOptions::from(auth));
        if let Some(query) = seeded {
            client.web().unsubscribe(query);
        }
        handle
    }

    fn start_preload(self, function: &str, args: EncodedArgs) -> Result<StartedPreload, ConvexError> {
        let (client, function, args, options) = self.prepare(function, args, Default::default())?;
        let identity = client.page().query_identity(options.auth);
        let request = start_query(&client, function.clone(), args.clone(), options);
        Ok(StartedPreload { function, args, identity, request })
    }
}

struct StartedPreload {
    function: FunctionPath,
    args: Arguments,
    identity: Option<PageIdentity>,
    request: OnceRequest,
}

/// The serialized form: values are JSON texts, so that any format can contain them.
#[derive(Serialize, Deserialize)]
struct SerializedPreload {
    function: String,
    args: String,
    identity: SerializedIdentity,
    value: String,
}

#[derive(Serialize, Deserialize)]
enum SerializedIdentity {
    Browser,
    Anonymous,
    User { session: u64, subject: u64 },
}

impl<T> Serialize for Preloaded<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SerializedPreload {
            function: self.function.as_str().to_owned(),
            args: self.args.as_json().to_owned(),
            identity: match self.identity {
                None => SerializedIdentity::Browser,
                Some(PageIdentity::Anonymous) => SerializedIdentity::Anonymous,
                Some(PageIdentity::User { session, subject }) => {
                    SerializedIdentity::User { session, subject }
                }
            },
            value: self.encoded.as_json().to_owned(),
        }
        .serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Preloaded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let serialized = SerializedPreload::deserialize(deserializer)?;
        serialized.read().map_err(D::Error::custom)
    }
}

impl SerializedPreload {
    fn read<T: DeserializeOwned>(self) -> Result<Preloaded<T>, ConvexError> {
        let args: Value = from_json(&self.args)?;
        let encoded = EncodedValue::parse(&self.value)?;
        Ok(Preloaded {
            function: FunctionPath::parse(&self.function)?,
            args: Arguments::encode(&args)?.ok_or(ConvexError::NotSent(NotSentReason::Cancelled))?,
            identity: match self.identity {
                SerializedIdentity::Browser => None,
                SerializedIdentity::Anonymous => Some(PageIdentity::Anonymous),
                SerializedIdentity::User { session, subject } => {
                    Some(PageIdentity::User { session, subject })
                }
            },
            value: encoded.decode()?,
            encoded,
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for Preloaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preloaded").field("function", &self.function).field("value", &self.value).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convex_web::sync::Int64;
    use serde_json::json;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Room {
        id: Int64,
        ratio: f64,
        members: Vec<Option<Member>>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Member {
        name: String,
    }

    fn room() -> Room {
        let ada = Member { name: "Ada \"</script>\u{2028}".to_owned() };
        Room { id: Int64(i64::MIN), ratio: -0.0, members: vec![Some(ada), None] }
    }

    fn preloaded(identity: Option<PageIdentity>) -> Preloaded<Room> {
        let args = Arguments::encode(&[("room", Int64(-7))]).expect("valid arguments");
        Preloaded {
            function: FunctionPath::parse("rooms:get").expect("a valid path"),
            args: args.expect("not skipped"),
            identity,
            encoded: EncodedValue::encode(&room()).expect("a room can be encoded"),
            value: room(),
        }
    }

    #[test]
    fn a_result_survives_a_serialized_border() {
        let user = PageIdentity::User { session: u64::MAX, subject: 1 };
        for identity in [None, Some(PageIdentity::Anonymous), Some(user)] {
            let before = preloaded(identity);
            let json = serde_json::to_string(&before).expect("it can be serialized");
            let after: Preloaded<Room> = serde_json::from_str(&json).expect("it can be deserialized");
            assert!(after == before, "{json}");
            assert!(after.value().ratio.is_sign_negative());
        }
    }

    #[test]
    fn arguments_and_value_are_texts_of_convex() {
        let json = serde_json::to_value(preloaded(None)).expect("it can be serialized");
        assert_eq!(json["args"], r#"{"room":{"$integer":"+f////////8="}}"#);
        assert!(
            json["value"].as_str().is_some_and(|value| value.contains(r#""ratio":{"$float":"#)),
            "{json}"
        );
    }

    #[test]
    fn a_broken_text_is_an_error() {
        let valid = serde_json::to_value(preloaded(None)).expect("it can be serialized");
        let read = |json| serde_json::from_value::<Preloaded<Room>>(json).map(drop);
        assert!(read(valid.clone()).is_ok());
        for (field, broken) in [
            ("function", json!("")),
            ("args", json!("[]")),
            ("args", json!(r#"{"room":{"$integer":"?"}}"#)),
            ("identity", json!("Admin")),
            ("identity", json!({ "User": { "session": -1, "subject": 1 } })),
            ("value", json!("")),
            ("value", json!("{")),
            ("value", json!(r#"{"id":1}"#)),
            ("value", json!(null)),
        ] {
            let mut json = valid.clone();
            json[field] = broken;
            assert!(read(json.clone()).is_err(), "{json}");
        }
    }
}
