//! Conversion of JavaScript strings.

use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = TextEncoder)]
    type JsTextEncoder;
    #[wasm_bindgen(constructor, js_class = "TextEncoder")]
    fn new() -> JsTextEncoder;
    // Unlike the binding of web-sys, this takes a `JsString` and writes into memory of WASM.
    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &JsTextEncoder, source: &JsString, destination: &mut [u8]) -> EncodeIntoResult;

    type EncodeIntoResult;
    #[wasm_bindgen(method, getter)]
    fn read(this: &EncodeIntoResult) -> u32;
    #[wasm_bindgen(method, getter)]
    fn written(this: &EncodeIntoResult) -> u32;
}

/// Copies JavaScript strings into WASM with the browser's `TextEncoder`.
///
/// wasm-bindgen copies ASCII strings character by character in JavaScript. The encoder takes less
/// than half the time for long strings, and a tenth for the first string on a page, before that
/// JavaScript has been compiled.
pub(crate) struct TextReader(JsTextEncoder);

impl TextReader {
    pub(crate) fn new() -> Self {
        Self(JsTextEncoder::new())
    }

    /// Converts a string. Lone surrogates become U+FFFD.
    pub(crate) fn read(&self, text: &JsString) -> String {
        let length = text.length();
        // Enough for ASCII. Other text needs more rounds, once the length of the rest is known.
        let mut bytes = vec![0; length as usize];
        let (mut read, mut written) = self.encode(text, &mut bytes);
        while read < length {
            // A UTF-16 code unit takes at most three bytes of UTF-8.
            bytes.resize(written + 3 * (length - read) as usize, 0);
            let (more_read, more_written) = self.encode(&text.slice(read, length), &mut bytes[written..]);
            read += more_read;
            written += more_written;
        }
        bytes.truncate(written);
        String::from_utf8(bytes).expect("the browser encodes to UTF-8")
    }

    fn encode(&self, text: &JsString, bytes: &mut [u8]) -> (u32, usize) {
        let result = self.0.encode_into(text, bytes);
        (result.read(), result.written() as usize)
    }
}
