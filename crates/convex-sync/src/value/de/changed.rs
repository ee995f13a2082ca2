//! Decoding an array again after some of its items have changed.
//!
//! A list of 5,000 documents with one change is 1 MB of text of which 200 bytes are new. Comparing
//! text is many times faster than decoding it, and reusing an item allocates nothing.

use super::{DecodeError, DecodeProblem, Decoder, access::estimate_len};
use crate::json::Reader;
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;

/// Decodes the array `json`, whose text was `before`. See
/// [`decode_changed_items`](crate::EncodedValue::decode_changed_items).
pub(crate) fn decode_changed<T: DeserializeOwned>(
    json: &str,
    before: &str,
    mut reuse: impl FnMut(usize) -> Option<T>,
) -> Result<Vec<T>, DecodeError> {
    let mut reader = Reader::new(json);
    let mut known = KnownItems::new(before);
    let mut items = Vec::new();
    let decoded = reader.array(|reader| {
        if items.is_empty() {
            items.reserve(estimate_len(reader));
        }
        let start = reader.clone();
        let item = match known.index_of(reader.raw()?).and_then(&mut reuse) {
            Some(item) => item,
            None => {
                *reader = start;
                T::deserialize(Decoder(reader)).map_err(|problem| problem.up_from_index(items.len()))?
            }
        };
        items.push(item);
        Ok::<_, DecodeProblem>(())
    });
    match decoded.and_then(|()| Ok(reader.end()?)) {
        Ok(()) => Ok(items),
        // Also if it is not an array: then the type decides what that means.
        Err(_) => super::decode(json),
    }
}

/// The items of the earlier array that were not found yet.
///
/// # Algorithm
///
/// While items arrive in the earlier order, each is compared with the next earlier one. An item that
/// is not equal has probably changed, and the one behind it is compared with the one behind. Only
/// the second unequal item in a row moves the rest into a map by text: items were added, removed or
/// moved. So a list in which one item changes costs one comparison for each item.
struct KnownItems<'a> {
    rest: Rest<'a>,
    /// The earlier items that were passed and not found.
    passed: Vec<(&'a str, usize)>,
    was_last_equal: bool,
    by_text: Option<FxHashMap<&'a str, usize>>,
}

impl<'a> KnownItems<'a> {
    fn new(array: &'a str) -> Self {
        Self { rest: Rest::new(array), passed: Vec::new(), was_last_equal: true, by_text: None }
    }

    /// The index of an item with this text that was not found before.
    fn index_of(&mut self, text: &str) -> Option<usize> {
        if let Some(by_text) = &mut self.by_text {
            return by_text.remove(text);
        }
        if let Some(index) = self.rest.next_if_equal(text) {
            self.was_last_equal = true;
            return Some(index);
        }
        self.passed.push(self.rest.next()?);
        if std::mem::replace(&mut self.was_last_equal, false) {
            return None;
        }
        let left = std::mem::take(&mut self.passed);
        self.by_text.insert(left.into_iter().chain(&mut self.rest).collect()).remove(text)
    }
}

/// The texts of an array's items, with their indices. The array was decoded before, so it contains
/// no errors; an error would end it.
struct Rest<'a> {
    /// Before the next item; `None` at the end.
    reader: Option<Reader<'a>>,
    index: usize,
}

impl<'a> Rest<'a> {
    fn new(array: &'a str) -> Self {
        let mut reader = Reader::new(array);
        let is_array = reader.enter(b'[').is_ok() && reader.next_item(true) == Ok(true);
        Self { reader: is_array.then_some(reader), index: 0 }
    }

    /// Moves past the next item if it has this text, and returns its index. The end of an equal item
    /// need not be searched.
    fn next_if_equal(&mut self, text: &str) -> Option<usize> {
        if !self.reader.as_mut()?.skip_equal(text) {
            return None;
        }
        Some(self.advance())
    }

    /// Moves from the end of an item to the next one. Returns the index of the former.
    fn advance(&mut self) -> usize {
        self.reader.take_if(|reader| reader.next_item(false) != Ok(true));
        self.index += 1;
        self.index - 1
    }
}

impl<'a> Iterator for Rest<'a> {
    type Item = (&'a str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.reader.as_mut()?.raw().ok()?;
        Some((text, self.advance()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, value::decode_json};
    use proptest::prelude::*;

    /// Decodes `json` after `before`. Returns the items and which of the earlier ones were reused.
    fn decode(before: &str, json: &str) -> (Result<Vec<String>, DecodeError>, Vec<usize>) {
        let mut reused = Vec::new();
        let mut old: Vec<_> =
            decode_json::<Vec<String>>(before).unwrap_or_default().into_iter().map(Some).collect();
        let items = decode_changed(json, before, |index| {
            reused.push(index);
            Some(old[index].take().expect("each item is reused once"))
        });
        (items, reused)
    }

    #[test]
    fn unchanged_items_are_reused() {
        for (before, json, reused) in [
            (r#"["a","b","c"]"#, r#"["a","b","c"]"#, vec![0, 1, 2]),
            (r#"["a","b","c"]"#, r#"["a","x","c"]"#, vec![0, 2]),
            (r#"["a","b","c","d","e"]"#, r#"["x","b","y","d","z"]"#, vec![1, 3]),
            (r#"["a","b","c"]"#, r#"["x","a","b","c"]"#, vec![0, 1, 2]),
            (r#"["a","b","c"]"#, r#"["a","b","c","x"]"#, vec![0, 1, 2]),
            (r#"["a","b","c"]"#, r#"["a","b"]"#, vec![0, 1]),
            (r#"["a","b","c","d"]"#, r#"["d","c","b","a"]"#, vec![2, 1, 0]),
            (r#"["a","b","c","d"]"#, r#"["a","c","d"]"#, vec![0, 3]),
            (r#"["a","a"]"#, r#"["x","y","a","a","a"]"#, vec![1]),
            ("[]", r#"["a"]"#, vec![]),
            (r#"["a"]"#, "[]", vec![]),
            (r#" [ "a" , "b" ] "#, r#"["a", "b"]"#, vec![0, 1]),
        ] {
            let (items, indices) = decode(before, json);
            assert_eq!(items, decode_json(json), "{json} after {before}");
            assert_eq!(indices, reused, "{json} after {before}");
        }
    }

    #[test]
    fn errors_are_those_of_the_whole_value() {
        for json in ["[1]", r#"["a",1]"#, "{}", "null", r#"["a""#, r#"["a" "b"]"#, r#"["a"] x"#, ""] {
            let (items, _) = decode(r#"["a"]"#, json);
            assert_eq!(items, decode_json(json), "{json}");
            assert!(items.is_err(), "{json}");
        }
        let bytes = r#"{"$bytes":"AQI="}"#;
        let decoded = decode_changed::<u8>(bytes, bytes, |_| unreachable!("these are no items"));
        assert_eq!(decoded, Ok(vec![1, 2]));
        let nested = |levels| format!("[{}1{}]", "[".repeat(levels), "]".repeat(levels));
        let deep = |levels| decode_changed::<Value>(&nested(levels), "[]", |_| None).is_ok();
        assert!(deep(127) && !deep(128));
    }

    #[test]
    fn short_first_item_reserves_little() {
        let text = format!(r#"[1,"{}"]"#, "x".repeat(1_000_000));
        let items = decode_changed::<Value>(&text, "[]", |_| None).expect("an array");
        assert!(items.capacity() <= 10_000, "{}", items.capacity());
    }

    proptest! {
        #[test]
        fn any_change_decodes_to_the_new_items(
            before in proptest::collection::vec(0_u8..6, 0..12),
            after in proptest::collection::vec(0_u8..6, 0..12),
        ) {
            let text = |items: &[u8]| serde_json::to_string(&items.iter().map(u8::to_string).collect::<Vec<_>>()).unwrap();
            let (items, reused) = decode(&text(&before), &text(&after));
            prop_assert_eq!(items, decode_json(&text(&after)));
            prop_assert!(before != after || reused.len() == after.len());
        }
    }
}
