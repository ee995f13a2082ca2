//! The size of compressed files.

use std::io;

use brotli::enc::BrotliEncoderParams;

/// The size of `bytes` after compression by brotli at its default quality, which is its best.
pub fn brotli_size(mut bytes: &[u8]) -> io::Result<usize> {
    brotli::BrotliCompress(&mut bytes, &mut io::sink(), &BrotliEncoderParams::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_early_start_is_at_most_a_kilobyte() {
        let script = include_bytes!("../../convex-leptos/js/early_start.js");
        assert!(brotli_size(script).expect("writing to memory does not fail") <= 1_000);
    }

    #[test]
    fn repeated_text_is_compressed() {
        let text = b"mutation with optimistic update ".repeat(100);
        assert!(brotli_size(&text).expect("writing to memory does not fail") < 100);
    }
}
