//! A one-shot query over HTTP.

use super::{Caller, Page};
use crate::server::send::into_send;
use convex_web::{
    HttpError,
    sync::{Arguments, ConvexError, EncodedValue, FunctionPath, NotSentReason, RequestOptions},
};
use futures_util::future::BoxFuture;

pub(crate) type HttpQuery = BoxFuture<'static, Result<EncodedValue, ConvexError>>;

impl Page {
    /// Runs a query once, as the user of the request.
    pub(crate) fn query_once(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
    ) -> HttpQuery {
        let caller = self.caller(options.auth);
        let page = self.clone();
        Box::pin(into_send(async move {
            let Caller { token, .. } = caller.ok_or(ConvexError::NotSent(NotSentReason::Unauthenticated))?;
            let timeout = options.timeout.unwrap_or(page.0.server_timeout);
            let client = page.http_client(token).with_timeout(timeout);
            match client.query_encoded(&function, &args).await {
                Ok(result) => Ok(result?),
                Err(HttpError::Arguments(error)) => Err(error.into()),
                Err(error) => {
                    super::log::warn(&format!("`{function}` failed: {error}"));
                    Err(ConvexError::OutcomeUnknown)
                }
            }
        }))
    }
}
