//! Tests call every method of every handle late: after its component or its client is gone, and
//! inside an optimistic update.
//!
//! The calls are listed in tables of two test crates. This test reads the sources and fails if a
//! method has no entry, so that new methods are not forgotten.

use std::{collections::BTreeSet, fs, path::Path};

/// A published crate and its table of calls.
struct Api {
    sources: &'static str,
    calls: &'static str,
    /// Types that can outlive the client or the component that they belong to.
    handles: &'static [&'static str],
    /// Types without a link to a client or a component, and types that cannot outlive it.
    values: &'static [&'static str],
}

const APIS: [Api; 2] = [
    Api {
        sources: "convex-web/src",
        calls: "convex-testkit-web/tests/calls/mod.rs",
        handles: &[
            "ConvexClient",
            "Listener",
            "RequestFuture",
            "RequestHandle",
            "SocketEvents",
            "Suspension",
        ],
        values: &[
            // Not linked to a client.
            "AbortOnDrop",
            "ClientBuilder",
            // A client of its own, without a connection.
            "ConvexHttpClient",
            "DialError",
            "TabLock",
            "TokenRequest",
            "Update",
            // Listens to the page.
            "WakeListener",
            "WebSocketDialer",
        ],
    },
    Api {
        sources: "convex-leptos/src",
        calls: "convex-leptos/tests/browser/late_calls/calls.rs",
        handles: &[
            "AuthFn",
            "BetterAuth",
            "CallFuture",
            "ConvexClient",
            "Optimistic",
            "QueryFuture",
            "QueryOnce",
            "UseAction",
            "UseConvexAuth",
            "UseConvexConnection",
            "UseMutation",
            "UsePaginatedQuery",
            "UseQueries",
            "UseQuery",
            "UseStoredUser",
        ],
        values: &[
            // On a web server, for all its clients.
            "BetterAuthRequests",
            "BetterAuthUser",
            "ByClosure",
            "ByDynamicSignal",
            "ByDynamicValue",
            "BySignal",
            "BySkip",
            "ByValue",
            "CallOptions",
            "ClientOptions",
            "ConvexRequestLayer",
            "ConvexRequestService",
            "CookieJwt",
            "Identified",
            "KeyedQuery",
            // Borrowed from the update that receives it.
            "OptimisticLocalStore",
            "PaginationOptions",
            "Preloaded",
            "PrewarmOptions",
            "QueryOptions",
        ],
    },
];

/// Traits with derived code, or code that only copies.
const DERIVED: [&str; 4] = ["Clone", "Copy", "Eq", "PartialEq"];

#[test]
fn every_handle_method_has_a_late_call() {
    for api in APIS {
        let sources: Vec<String> = rust_files(&crates().join(api.sources)).iter().map(read).collect();
        let callable: BTreeSet<String> = sources
            .iter()
            .flat_map(|source| callables(source))
            .filter(|callable| api.handles.contains(&callable.owner.as_str()))
            .map(|callable| callable.name)
            .collect();
        let called = names_in(&read(crates().join(api.calls)));
        let missing: Vec<_> = callable.difference(&called).collect();
        assert!(missing.is_empty(), "{} does not call {missing:#?}", api.calls);
        let unknown: Vec<_> = called.difference(&callable).collect();
        assert!(
            unknown.is_empty(),
            "{} calls methods that {} does not have: {unknown:#?}",
            api.calls,
            api.sources
        );
    }
}

#[test]
fn every_public_type_is_a_handle_or_a_value() {
    for api in APIS {
        let sources = rust_files(&crates().join(api.sources));
        let found: BTreeSet<String> = sources.iter().flat_map(|file| structs(&read(file))).collect();
        let named: BTreeSet<String> = api.handles.iter().chain(api.values).map(ToString::to_string).collect();
        assert_eq!(found, named, "public structs of {}", api.sources);
    }
}

#[test]
fn parser_finds_methods_traits_and_signals() {
    let source = "
pub struct Handle<T> {
    pub state: Signal<bool>,
    pub name: String,
}

impl<T> Handle<T> {
    pub fn new() -> Self {}

    pub async fn long(
        self,
    ) {}

    pub fn generic<U>(&self, read: impl FnOnce(&T) -> U) -> U {}

    fn private(&self) {}
}

impl<T: Send> fmt::Debug for Handle<T> {
}

impl<T> From<Other<T>>
    for Handle<T>
where
    T: Send,
{
}

impl<T> Clone for Handle<T> {}

#[cfg(test)]
mod tests {
    impl Handle<u32> {
        pub fn in_a_test(&self) {}
    }
}
";
    let names: Vec<String> = callables(source).into_iter().map(|callable| callable.name).collect();
    let expected = ["Handle.state", "Handle::long", "Handle::generic", "Debug for Handle", "From for Handle"];
    assert_eq!(names, expected);
}

/// A method, trait or public signal of a type.
struct Callable {
    owner: String,
    /// `Type::method`, `Trait for Type` or `Type.field`.
    name: String,
}

/// The callables of a source. Relies on the layout of rustfmt.
fn callables(source: &str) -> Vec<Callable> {
    let mut callables = Vec::new();
    let mut lines = without_tests(source).lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(owner) = line.strip_prefix("pub struct ").map(identifier) {
            let fields = lines.by_ref().take_while(|line| line.starts_with(' ') || line.is_empty());
            if line.ends_with('{') {
                let signals =
                    fields.filter_map(|line| Some(line.strip_prefix("    pub ")?.split_once(": Signal<")?.0));
                callables.extend(
                    signals.map(|field| Callable { name: format!("{owner}.{field}"), owner: owner.clone() }),
                );
            }
        } else if line.starts_with("impl") {
            let mut header = line.to_owned();
            while !header.contains('{') {
                header += lines.next().expect("an impl has a body");
            }
            let body: Vec<&str> = if header.ends_with('}') {
                Vec::new()
            } else {
                lines.by_ref().take_while(|line| *line != "}").collect()
            };
            callables.extend(callables_of_impl(&header, &body));
        }
    }
    callables
}

fn callables_of_impl(header: &str, body: &[&str]) -> Vec<Callable> {
    let subject = without_generics(header.strip_prefix("impl").expect("the header begins with `impl`"));
    let subject = subject.split("where").next().unwrap_or_default().trim().trim_end_matches(['{', '}', ' ']);
    if let Some((name, owner)) = subject.split_once(" for ") {
        let (name, owner) = (last_segment(name), identifier(owner.trim()));
        let callable = Callable { name: format!("{name} for {owner}"), owner };
        return if DERIVED.contains(&name) { Vec::new() } else { vec![callable] };
    }
    let owner = identifier(subject);
    let methods = body.iter().enumerate().filter_map(|(at, line)| {
        let after = line.strip_prefix("    pub ")?;
        let signature = after.strip_prefix("fn ").or_else(|| after.strip_prefix("async fn "))?;
        let name = identifier(signature);
        let rest = without_generics(&signature[name.len()..]);
        let same_line = rest.strip_prefix('(').unwrap_or_default();
        let first =
            if same_line.is_empty() { body.get(at + 1).copied().unwrap_or_default() } else { same_line };
        let receiver = first.trim_start().trim_start_matches('&').trim_start_matches("mut ");
        receiver
            .starts_with("self")
            .then(|| Callable { name: format!("{owner}::{name}"), owner: owner.clone() })
    });
    methods.collect()
}

/// The names of the public structs of a source.
fn structs(source: &str) -> Vec<String> {
    without_tests(source)
        .lines()
        .filter_map(|line| line.strip_prefix("pub struct ").map(identifier))
        .collect()
}

/// The first word of each entry of a table of calls: `("ConvexClient::claims", …)`.
fn names_in(table: &str) -> BTreeSet<String> {
    let entries = table.lines().map(str::trim_start);
    let entries = entries.filter_map(|line| line.strip_prefix("(\"")?.split_once("\", |"));
    entries.map(|(name, _)| name.to_owned()).collect()
}

fn without_tests(source: &str) -> &str {
    source.split("\n#[cfg(test)]").next().unwrap_or(source)
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn last_segment(path: &str) -> &str {
    path.trim().rsplit("::").next().unwrap_or(path)
}

/// Removes the text in angle brackets. The arrow of a closure's type is not a bracket.
fn without_generics(text: &str) -> String {
    let mut depth = 0_usize;
    let mut result = String::new();
    let mut before = ' ';
    for letter in text.chars() {
        match letter {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ if depth == 0 => result.push(letter),
            _ => {}
        }
        before = letter;
    }
    result
}

fn crates() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("the folder can be listed").path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn read(file: impl AsRef<Path>) -> String {
    let file = file.as_ref();
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
