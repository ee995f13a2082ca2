//! What can be the function of a query.

/// A Convex query function whose results are read as `T`.
///
/// A path such as `"messages:list"` can be read as any type. A type of one's own can fix it:
///
/// ```
/// use convex_leptos::{QueryFunction, use_query};
///
/// struct ListMessages;
///
/// impl QueryFunction<Vec<String>> for ListMessages {
///     fn path(&self) -> &str {
///         "messages:list"
///     }
/// }
///
/// # fn example() {
/// let messages = use_query(ListMessages, ());
/// # }
/// ```
pub trait QueryFunction<T> {
    /// The function's path: `module:function` or `folder/module:function`.
    fn path(&self) -> &str;
}

impl<T> QueryFunction<T> for &str {
    fn path(&self) -> &str {
        self
    }
}

impl<T> QueryFunction<T> for String {
    fn path(&self) -> &str {
        self
    }
}
