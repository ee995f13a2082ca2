//! Writing JSON objects.

use serde::Serialize;

/// Writes a JSON object. Its first field is `type`.
#[derive(Debug)]
pub(super) struct ObjectWriter<'a>(&'a mut Vec<u8>);

impl<'a> ObjectWriter<'a> {
    pub(super) fn begin(json: &'a mut Vec<u8>, kind: &str) -> Self {
        json.extend_from_slice(b"{\"type\":");
        let mut object = Self(json);
        object.push(kind);
        object
    }

    pub(super) fn end(self) {
        self.0.push(b'}');
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.push(value);
    }

    pub(super) fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.json(name, &["null"]),
        }
    }

    pub(super) fn number(&mut self, name: &str, value: impl Into<i64>) {
        self.name(name);
        self.push(&value.into());
    }

    /// Writes a field with JSON text as its value, given in parts.
    pub(super) fn json(&mut self, name: &str, parts: &[&str]) {
        self.name(name);
        parts.iter().for_each(|part| self.0.extend_from_slice(part.as_bytes()));
    }

    pub(super) fn array<T>(&mut self, name: &str, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
        self.name(name);
        self.0.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            write(item, self.0);
        }
        self.0.push(b']');
    }

    /// Names are constants of this crate without characters that need escapes.
    fn name(&mut self, name: &str) {
        [",\"", name, "\":"].iter().for_each(|part| self.0.extend_from_slice(part.as_bytes()));
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) {
        serde_json::to_writer(&mut *self.0, value).expect("numbers and strings can be written to memory");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn written_objects_parse_to_the_same_values() {
        let mut text = Vec::new();
        let mut object = ObjectWriter::begin(&mut text, "Odd");
        let odd = "\"quoted\" \\ \n \u{0} \u{2028} ü 🦀";
        object.text("text", odd);
        object.text_or_null("nothing", None);
        object.text_or_null("something", Some(""));
        object.number("number", i64::MIN);
        object.json("json", &["[", "1", "]"]);
        object.array("array", &["a", "b"], |item, json| {
            json.extend_from_slice(format!("\"{item}\"").as_bytes())
        });
        object.array::<u32>("empty", &[], |_, _| unreachable!("the array is empty"));
        object.end();
        assert_eq!(
            serde_json::from_slice::<Value>(&text).unwrap(),
            json!({"type": "Odd", "text": odd, "nothing": null, "something": "", "number": i64::MIN, "json": [1],
                "array": ["a", "b"], "empty": []})
        );
    }
}
