//! Writing JSON text.

use super::{decimal, string};
use std::fmt::Write;

/// Writes a string, with quotes and escapes.
pub(crate) fn write_string(json: &mut String, string: &str) {
    let mut start = 0;
    json.push('"');
    loop {
        let special = string::find_special(string.as_bytes(), start);
        json.push_str(&string[start..special]);
        let Some(&byte) = string.as_bytes().get(special) else { break };
        start = special + 1;
        json.push('\\');
        match byte {
            b'\x08' => json.push('b'),
            b'\x0c' => json.push('f'),
            b'\n' => json.push('n'),
            b'\r' => json.push('r'),
            b'\t' => json.push('t'),
            b'"' | b'\\' => json.push(char::from(byte)),
            control => {
                json.push_str("u00");
                for digit in [control >> 4, control & 15] {
                    json.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
                }
            }
        }
    }
    json.push('"');
}

/// Writes an integer.
pub(crate) fn write_integer(json: &mut String, integer: i64) {
    write!(json, "{integer}").expect("a string accepts any text");
}

/// The fewest digits that are read as the same float, with a point or an exponent, so that they are
/// not read as an integer. JSON, if the float is finite.
pub(crate) fn float_to_string(float: f64) -> String {
    let mut digits = decimal::print(float);
    if float.is_finite() && !digits.contains(['.', 'e']) {
        digits.push_str(".0");
    }
    digits
}

/// Writes a JSON object.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'a> {
    json: &'a mut String,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn begin(json: &'a mut String) -> Self {
        json.push('{');
        Self { json, is_empty: true }
    }

    pub(crate) fn end(self) {
        self.json.push('}');
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        write_string(self.json, value);
    }

    pub(crate) fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.json(name, &["null"]),
        }
    }

    pub(crate) fn number(&mut self, name: &str, value: impl Into<i64>) {
        self.name(name);
        write_integer(self.json, value.into());
    }

    /// Writes a field with JSON text as its value, given in parts.
    pub(crate) fn json(&mut self, name: &str, parts: &[&str]) {
        self.name(name);
        parts.iter().for_each(|part| self.json.push_str(part));
    }

    pub(crate) fn array<T>(&mut self, name: &str, items: &[T], write: impl Fn(&T, &mut String)) {
        self.name(name);
        self.json.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.json.push(',');
            }
            write(item, self.json);
        }
        self.json.push(']');
    }

    fn name(&mut self, name: &str) {
        if !self.is_empty {
            self.json.push(',');
        }
        self.is_empty = false;
        write_string(self.json, name);
        self.json.push(':');
    }
}
