//! Function paths.

use std::{fmt, sync::Arc};

/// The canonical path of a function: `module:function`, or `folder/module:function`.
///
/// ```
/// use convex_sync::FunctionPath;
///
/// assert_eq!(FunctionPath::parse("messages:list")?.as_str(), "messages:list");
/// assert_eq!(FunctionPath::parse("admin/messages.js:list")?.as_str(), "admin/messages:list");
/// assert_eq!(FunctionPath::parse("messages")?.as_str(), "messages:default");
/// # Ok::<(), convex_sync::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionPath(Arc<str>);

/// The error of an invalid function path.
///
/// ```
/// use convex_sync::FunctionPath;
///
/// let error = FunctionPath::parse("api.messages.list").unwrap_err();
/// assert!(error.to_string().ends_with("use a path like `messages:list`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a function path: {problem}; use a path like `messages:list`")]
pub struct PathError {
    path: String,
    problem: &'static str,
}

impl FunctionPath {
    /// Validates a path and converts it to its canonical form: without the extension `.js`, and
    /// with the function's name, which is `default` if the path has none.
    ///
    /// Every path that a server would not accept is an error here, because a server closes the
    /// connection when it receives one.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let (module, function) = path.rsplit_once(':').unwrap_or((path, "default"));
        let module = module.strip_suffix(".js").unwrap_or(module);
        check_module(module)
            .and_then(|()| check_function(function))
            .map_err(|problem| PathError { path: path.to_owned(), problem })?;
        Ok(Self(format!("{module}:{function}").into()))
    }

    /// The canonical path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FunctionPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The maximum length of the name of a folder, a module (with its extension) or a function, in
/// bytes.
const MAX_NAME: usize = 64;

fn check_module(module: &str) -> Result<(), &'static str> {
    if module.is_empty() {
        return Err("it has no module");
    }
    if module.starts_with('/') {
        return Err("it must not start with a `/`");
    }
    let (folders, file) = match module.rsplit_once('/') {
        Some((folders, file)) => (Some(folders), file),
        None => (None, module),
    };
    for folder in folders.iter().flat_map(|folders| folders.split('/')) {
        check_component(folder, MAX_NAME)?;
    }
    // The server adds the extension before it checks the length.
    check_component(file, MAX_NAME - ".js".len())?;
    if file.contains('.') {
        return Err("the only extension of a module is `.js`");
    }
    Ok(())
}

fn check_component(component: &str, max: usize) -> Result<(), &'static str> {
    if component.is_empty() {
        return Err("a folder or module has no name");
    }
    if component.len() > max {
        return Err("the name of a folder or module is longer than 64 characters");
    }
    if !component.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.') {
        return Err("the name of a folder or module has only ASCII letters, digits, `_` and `.`");
    }
    if !component.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        return Err("the name of a folder or module needs a letter or a digit");
    }
    Ok(())
}

fn check_function(function: &str) -> Result<(), &'static str> {
    if function.is_empty() {
        return Err("the function has no name");
    }
    if function.len() > MAX_NAME {
        return Err("the function's name is longer than 64 characters");
    }
    if !function.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err("a function's name has only ASCII letters, digits and `_`");
    }
    if function.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("a function's name does not start with a digit");
    }
    if function.bytes().all(|byte| byte == b'_') {
        return Err("a function's name needs a letter or a digit");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_paths_become_canonical() {
        for (path, canonical) in [
            ("messages:list", "messages:list"),
            ("messages.js:list", "messages:list"),
            ("messages", "messages:default"),
            ("messages.js", "messages:default"),
            ("a/b/c:d", "a/b/c:d"),
            ("a.b/c:d", "a.b/c:d"),
            ("_private/_x1:_y", "_private/_x1:_y"),
            ("1/2:f3", "1/2:f3"),
        ] {
            assert_eq!(FunctionPath::parse(path).unwrap().as_str(), canonical, "{path}");
            assert_eq!(
                FunctionPath::parse(canonical).unwrap().as_str(),
                canonical,
                "parsing a canonical path changes nothing"
            );
        }
    }

    #[test]
    fn invalid_paths_are_errors() {
        for path in [
            "",
            ":",
            ":list",
            "messages:",
            "/messages:list",
            "messages/:list",
            "a//b:c",
            "../a:b",
            "a/./b:c",
            "a/../b:c",
            ".:f",
            "_:f",
            "a.ts:f",
            "a.js.js:f",
            "a.b:f",
            "a.:f",
            ".js:f",
            ".js",
            "a b:c",
            "a-b:c",
            "ä:c",
            "a:b:c",
            "a:b-c",
            "a:1b",
            "a:__",
            "a:ä",
            "a:b.c",
            "a\\b:c",
            "a:b\n",
            "api.messages.list",
        ] {
            assert!(FunctionPath::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn names_have_a_maximum_length() {
        let name = |length| "a".repeat(length);
        let parse = |path: String| FunctionPath::parse(&path).is_ok();
        assert!(parse(format!("a:{}", name(64))) && !parse(format!("a:{}", name(65))));
        assert!(parse(format!("{}/a:b", name(64))) && !parse(format!("{}/a:b", name(65))));
        assert!(parse(format!("{}:b", name(61))) && !parse(format!("{}:b", name(62))));
        assert!(parse(format!("{}.js:b", name(61))) && !parse(format!("{}.js:b", name(62))));
    }

    #[test]
    fn error_message_names_the_problem_and_an_example() {
        assert_eq!(
            FunctionPath::parse("messages/list-all:x").unwrap_err().to_string(),
            "`messages/list-all:x` is not a function path: the name of a folder or module has only ASCII letters, digits, \
             `_` and `.`; use a path like `messages:list`"
        );
    }
}
