//! Randomness from the browser.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // Unlike `crypto.randomUUID`, this also exists on plain-http pages.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(array: &Uint8Array);
}

/// Cryptographically random bytes.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let array = Uint8Array::new_from_slice(&bytes);
    get_random_values(&array);
    array.copy_to(&mut bytes);
    bytes
}
