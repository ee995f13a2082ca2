//! Writing JSON objects.

use std::fmt::Write;

/// An object that is being written. It begins with its `type`.
#[derive(Debug)]
pub(super) struct Object<'a>(&'a mut String);

impl<'a> Object<'a> {
    pub(super) fn begin(json: &'a mut String, kind: &str) -> Self {
        json.push_str("{\"type\":");
        let mut object = Self(json);
        object.push_text(kind);
        object
    }

    pub(super) fn end(self) {
        self.0.push('}');
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.push_text(value);
    }

    pub(super) fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.json(name, &["null"]),
        }
    }

    pub(super) fn number(&mut self, name: &str, value: impl Into<i64>) {
        self.name(name);
        write!(self.0, "{}", value.into()).expect("memory takes everything");
    }

    /// A field of JSON text, which comes in parts.
    pub(super) fn json(&mut self, name: &str, parts: &[&str]) {
        self.name(name);
        parts.iter().for_each(|part| self.0.push_str(part));
    }

    pub(super) fn array<T>(&mut self, name: &str, items: &[T], write: impl Fn(&T, &mut String)) {
        self.name(name);
        self.0.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            write(item, self.0);
        }
        self.0.push(']');
    }

    /// A name is one of ours: there is nothing in it to escape.
    fn name(&mut self, name: &str) {
        [",\"", name, "\":"].iter().for_each(|part| self.0.push_str(part));
    }

    fn push_text(&mut self, text: &str) {
        self.0.push('"');
        for letter in text.chars() {
            match letter {
                '"' | '\\' => self.0.extend(['\\', letter]),
                '\0'..' ' => write!(self.0, "\\u{:04x}", u32::from(letter)).expect("memory takes everything"),
                _ => self.0.push(letter),
            }
        }
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_is_written_is_read_as_it_was_meant() {
        let mut text = String::new();
        let mut object = Object::begin(&mut text, "Odd");
        let odd = "\"quoted\" \\ \n \u{0} \u{2028} ü 🦀";
        object.text("text", odd);
        object.text_or_null("nothing", None);
        object.text_or_null("something", Some(""));
        object.number("number", i64::MIN);
        object.json("json", &["[", "1", "]"]);
        object.array("array", &["a", "b"], |item, json| json.push_str(&format!("\"{item}\"")));
        object.array::<u32>("empty", &[], |_, _| unreachable!("there is none"));
        object.end();
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({"type": "Odd", "text": odd, "nothing": null, "something": "", "number": i64::MIN, "json": [1],
                "array": ["a", "b"], "empty": []})
        );
    }
}
