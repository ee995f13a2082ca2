//! Digests of texts: 64-bit FNV-1a hashes (Fowler, Noll and Vo).

/// A digest that is computed text by text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest(u64);

/// The end of a text, and a missing text. No byte of UTF-8 has these values.
const END: u8 = 0xff;
const MISSING: u8 = 0xfe;

impl Digest {
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a part of a text.
    pub(crate) fn part(self, text: &str) -> Self {
        text.bytes().fold(self, Self::byte)
    }

    /// Adds a whole text. Texts of different lengths do not run into each other.
    pub(crate) fn text(self, text: &str) -> Self {
        self.part(text).byte(END)
    }

    /// Adds that a text is missing, unlike an empty one.
    pub(crate) fn no_text(self) -> Self {
        self.byte(MISSING)
    }

    pub(crate) fn number(self, number: u64) -> Self {
        number.to_le_bytes().into_iter().fold(self, Self::byte)
    }

    pub(crate) fn finish(self) -> u64 {
        self.0
    }

    fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// The digest of one text.
pub(crate) fn digest(text: &str) -> u64 {
    Digest::new().part(text).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_published_algorithm() {
        assert_eq!(digest(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest("foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(Digest::new().part("foo").part("bar").finish(), digest("foobar"));
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let texts = |one, other| Digest::new().text(one).text(other).finish();
        assert_ne!(texts("foo", "bar"), texts("foob", "ar"));
        assert_ne!(texts("foobar", ""), texts("", "foobar"));
        assert_ne!(Digest::new().no_text().finish(), Digest::new().text("").finish());
    }
}
