//! Writing JSON text.

use super::{decimal, string};

/// Writes a string, with quotes and escapes.
pub(crate) fn write_string(json: &mut Vec<u8>, string: &str) {
    const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bytes = string.as_bytes();
    let mut start = 0;
    json.push(b'"');
    loop {
        let special = string::find_special(bytes, start);
        json.extend_from_slice(&bytes[start..special]);
        let Some(&byte) = bytes.get(special) else { break };
        start = special + 1;
        json.push(b'\\');
        match byte {
            b'\x08' => json.push(b'b'),
            b'\x0c' => json.push(b'f'),
            b'\n' => json.push(b'n'),
            b'\r' => json.push(b'r'),
            b'\t' => json.push(b't'),
            b'"' | b'\\' => json.push(byte),
            control => {
                json.extend_from_slice(b"u00");
                json.push(HEX_DIGITS[usize::from(control >> 4)]);
                json.push(HEX_DIGITS[usize::from(control & 15)]);
            }
        }
    }
    json.push(b'"');
}

/// Writes an integer.
pub(crate) fn write_integer(json: &mut Vec<u8>, integer: i64) {
    if integer < 0 {
        json.push(b'-');
    }
    let start = json.len();
    let mut rest = integer.unsigned_abs();
    loop {
        json.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    json[start..].reverse();
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
///
/// The names of fields are constants of this crate without characters that need escapes.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'a> {
    json: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn begin(json: &'a mut Vec<u8>) -> Self {
        json.push(b'{');
        Self { json, is_empty: true }
    }

    pub(crate) fn end(self) {
        self.json.push(b'}');
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
        parts.iter().for_each(|part| self.json.extend_from_slice(part.as_bytes()));
    }

    pub(crate) fn array<T>(&mut self, name: &str, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
        self.name(name);
        self.json.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.json.push(b',');
            }
            write(item, self.json);
        }
        self.json.push(b']');
    }

    fn name(&mut self, name: &str) {
        let before = if self.is_empty { "\"" } else { ",\"" };
        self.is_empty = false;
        [before, name, "\":"].iter().for_each(|part| self.json.extend_from_slice(part.as_bytes()));
    }
}
