//! The server's logical time.

use crate::{
    base64::{self, Alphabet},
    fields::FieldValue,
    json::{JsonError, Reader},
};

/// A timestamp of the database (docs/protocol.md §2), in nanoseconds. It is sent as base64 of eight
/// little-endian bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The latest timestamp that a server accepts. Its own timestamps are earlier. A later one in a
    /// `Connect` would be rejected on every connection.
    const MAX: u64 = i64::MAX as u64;

    /// The text on the wire.
    pub(super) fn to_base64(self) -> String {
        base64::encode(&self.0.to_le_bytes())
    }
}

impl FieldValue<'_> for Timestamp {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        decode(&reader.string()?).ok_or_else(|| reader.unexpected())
    }
}

fn decode(text: &str) -> Option<Timestamp> {
    let mut bytes = [0; 8];
    let count = base64::decode_into(&mut bytes, text, Alphabet::Standard)?;
    let nanos = u64::from_le_bytes(bytes);
    (count == 8 && text.ends_with('=') && nanos <= Timestamp::MAX).then_some(Timestamp(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields;
    use proptest::prelude::*;

    #[test]
    fn known_timestamps_encode_and_decode() {
        for (nanos, text) in
            [(0, "AAAAAAAAAAA="), (1, "AQAAAAAAAAA="), (1_700_000_000_000_000_000, "AAAqNv6clxc=")]
        {
            assert_eq!(Timestamp(nanos).to_base64(), text);
            assert_eq!(decode(text), Some(Timestamp(nanos)));
        }
    }

    #[test]
    fn invalid_timestamps_are_errors() {
        for text in ["", "AAAA", "AAAAAAAAAAAA", "AAAAAAAAAIA=", "not base64!!", "1700000000000"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert!(fields::read::<Timestamp>("1700000000000").is_err());
    }

    proptest! {
        #[test]
        fn timestamps_round_trip(nanos in 0..=Timestamp::MAX) {
            let json = format!("\"{}\"", Timestamp(nanos).to_base64());
            prop_assert_eq!(fields::read::<Timestamp>(&json).unwrap(), Timestamp(nanos));
        }
    }
}
