//! Transitions that are too large for one frame.

use super::OutgoingMessage;

/// Transitions above this many bytes are sent in chunks, to clients that support them.
pub(super) const CHUNK_BYTES: usize = 5_000_000;

/// `text` in parts of at most `size` bytes (but at least one character). `None` if one part is
/// enough.
pub(super) fn split(text: &str, size: usize) -> Option<Vec<OutgoingMessage>> {
    if text.len() <= size {
        return None;
    }
    let parts = parts(text, size);
    let total_parts = u32::try_from(parts.len()).expect("a frame has fewer parts than u32::MAX");
    let chunk = |(part_number, part): (u32, &str)| OutgoingMessage::TransitionChunk {
        chunk: part.to_owned(),
        part_number,
        total_parts,
        transition_id: text.len().to_string(),
    };
    Some((0..).zip(parts).map(chunk).collect())
}

fn parts(mut text: &str, size: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let first = text.chars().next().map_or(0, char::len_utf8);
        let (part, rest) = text.split_at(floor_char_boundary(text, size).max(first));
        parts.push(part);
        text = rest;
    }
    parts
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_fits_is_not_split() {
        assert_eq!(split("abc", 3), None);
    }

    proptest::proptest! {
        #[test]
        fn parts_join_to_the_whole(text in "\\PC{0,40}", size in 1_usize..9) {
            let parts = parts(&text, size);
            proptest::prop_assert_eq!(parts.concat(), text.clone());
            for part in parts {
                proptest::prop_assert!(part.len() <= size || part.chars().count() == 1);
            }
        }
    }
}
