//! Futures that are `Send`, as web servers require. On wasm (Cloudflare Workers) those of
//! JavaScript are not, but there is only one thread.

#[cfg(not(target_family = "wasm"))]
pub(crate) fn into_send<F>(future: F) -> F {
    future
}

#[cfg(target_family = "wasm")]
pub(crate) fn into_send<F>(future: F) -> send_wrapper::SendWrapper<F> {
    send_wrapper::SendWrapper::new(future)
}
