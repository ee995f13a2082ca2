//! Sizes as they travel.

use std::io;

use brotli::enc::BrotliEncoderParams;

/// How many bytes are left of some when brotli compresses them as well as it can, which is what it
/// does by default.
pub fn brotli_size(mut bytes: &[u8]) -> io::Result<usize> {
    brotli::BrotliCompress(&mut bytes, &mut io::sink(), &BrotliEncoderParams::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_twice_is_sent_once() {
        let text = b"mutation with optimistic update ".repeat(100);
        assert!(brotli_size(&text).expect("memory does not fail") < 100);
    }
}
