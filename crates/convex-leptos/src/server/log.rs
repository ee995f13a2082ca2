//! The log of the web server.

/// Logs a problem: as a `tracing` event with that feature, to standard error without it. The
/// message must not contain a token, a cookie or a result.
pub(crate) fn warn(problem: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "convex", "{problem}");
    #[cfg(not(feature = "tracing"))]
    leptos::logging::warn!("convex-leptos: {problem}");
}
