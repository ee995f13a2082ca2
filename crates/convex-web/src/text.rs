//! Text from JavaScript.

use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = TextEncoder)]
    type JsTextEncoder;
    #[wasm_bindgen(constructor, js_class = "TextEncoder")]
    fn new() -> JsTextEncoder;
    // Unlike web-sys's this takes the text where it is, and writes it where it is to be.
    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &JsTextEncoder, source: &JsString, destination: &mut [u8]) -> Progress;

    type Progress;
    #[wasm_bindgen(method, getter)]
    fn read(this: &Progress) -> u32;
    #[wasm_bindgen(method, getter)]
    fn written(this: &Progress) -> u32;
}

/// Brings strings of JavaScript into WASM.
///
/// wasm-bindgen looks at each character of an ASCII string by itself. The browser's encoder takes
/// less than half as long for long ones, and a tenth for the first one on a page, when nothing has
/// been compiled yet.
pub(crate) struct TextReader(JsTextEncoder);

impl TextReader {
    pub(crate) fn new() -> Self {
        Self(JsTextEncoder::new())
    }

    /// A surrogate without its other half becomes U+FFFD.
    pub(crate) fn read(&self, text: &JsString) -> String {
        let length = text.length();
        // What ASCII takes; the rest of other text is written once it is known how much that is.
        let mut bytes = vec![0; length as usize];
        let (mut read, mut written) = self.encode(text, &mut bytes);
        while read < length {
            // No character takes more than three bytes for each of JavaScript's.
            bytes.resize(written + 3 * (length - read) as usize, 0);
            let progress = self.encode(&text.slice(read, length), &mut bytes[written..]);
            read += progress.0;
            written += progress.1;
        }
        bytes.truncate(written);
        String::from_utf8(bytes).expect("the browser encodes to UTF-8")
    }

    fn encode(&self, text: &JsString, bytes: &mut [u8]) -> (u32, usize) {
        let progress = self.0.encode_into(text, bytes);
        (progress.read(), progress.written() as usize)
    }
}
