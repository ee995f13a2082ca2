//! The fields of JSON objects, found by name and kept as text until their type is known.
//!
//! Which fields of a frame matter depends on its `type`, and that may be the last field. So all
//! fields that any type has are first collected as text, in one pass without copies. The frame is
//! then built from those that its type needs.

use crate::{EncodedValue, text::Text};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// The JSON text of a field; `None` if the field is missing.
pub(crate) type FieldText<'a> = Option<&'a RawValue>;

/// The name of a field, as its index in a list of names. [`field_names!`] defines both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldName(pub(crate) usize);

/// Defines the array `NAMES` of the fields to find in an object, and a [`FieldName`] for each.
macro_rules! field_names {
    ($($constant:ident = $name:literal),* $(,)?) => {
        const NAMES: [&str; [$($name),*].len()] = [$($name),*];

        #[allow(clippy::upper_case_acronyms, non_camel_case_types)]
        enum FieldIndex { $($constant),* }

        $(const $constant: $crate::fields::FieldName = $crate::fields::FieldName(FieldIndex::$constant as usize);)*
    };
}

pub(crate) use field_names;

/// The fields of an object, as text.
pub(crate) struct ReceivedObject<'o, 'a> {
    /// The name of the object in errors.
    pub(crate) kind: &'o str,
    pub(crate) names: &'o [&'o str],
    /// In the order of `names`.
    pub(crate) texts: &'o [FieldText<'a>],
}

impl<'o, 'a> ReceivedObject<'o, 'a> {
    pub(crate) fn name(&self, field: FieldName) -> &'o str {
        self.names[field.0]
    }

    pub(crate) fn text(&self, field: FieldName) -> FieldText<'a> {
        self.texts[field.0]
    }

    /// A field that holds a Convex value. A missing value is `null`.
    pub(crate) fn value(&self, field: FieldName) -> EncodedValue {
        self.text(field).map_or_else(EncodedValue::null, EncodedValue::received)
    }

    /// Decodes a field that may be missing or `null`. The error names the field but does not quote
    /// its content, which may be secret.
    pub(crate) fn optional<T: Deserialize<'a>>(&self, field: FieldName) -> Result<Option<T>, String> {
        let Some(text) = self.text(field) else { return Ok(None) };
        serde_json::from_str(text.get()).map_err(|_| self.wrong_type(field))
    }

    /// Decodes a field that must be there.
    pub(crate) fn required<T: Deserialize<'a>>(&self, field: FieldName) -> Result<T, String> {
        self.optional(field)?.ok_or_else(|| self.missing(self.name(field)))
    }

    pub(crate) fn missing(&self, name: &str) -> String {
        format!("a `{}` without `{name}`", self.kind)
    }

    pub(crate) fn wrong_type(&self, field: FieldName) -> String {
        format!("a `{}` with a `{}` of the wrong type", self.kind, self.name(field))
    }
}

/// Finds the fields of a JSON object by name. The last of duplicate fields wins.
pub(crate) fn find<'a, const N: usize>(
    object: &'a str,
    names: &[&str; N],
) -> serde_json::Result<[FieldText<'a>; N]> {
    let mut texts = [None; N];
    let mut deserializer = serde_json::Deserializer::from_str(object);
    FieldSearch { names, texts: &mut texts }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(texts)
}

/// Reads an object, stores the fields with one of `names` in `texts`, and skips the others.
pub(crate) struct FieldSearch<'n, 'f, 'a> {
    pub(crate) names: &'n [&'n str],
    pub(crate) texts: &'f mut [FieldText<'a>],
}

impl<'a> FieldSearch<'_, '_, 'a> {
    /// Reads the value of the field `name`, and stores or skips it.
    pub(crate) fn read_value<A: MapAccess<'a>>(
        &mut self,
        name: &str,
        fields: &mut A,
    ) -> Result<(), A::Error> {
        match self.names.iter().position(|known| *known == name) {
            Some(index) => self.texts[index] = Some(fields.next_value()?),
            None => {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for FieldSearch<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, object: D) -> Result<(), D::Error> {
        object.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for FieldSearch<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut fields: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = fields.next_key()? {
            self.read_value(&name, &mut fields)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    field_names! { ID = "id", NAME = "name", TAGS = "tags" }

    fn texts(object: &str) -> Option<[Option<&str>; 3]> {
        find(object, &NAMES).ok().map(|texts| texts.map(|text| text.map(RawValue::get)))
    }

    #[test]
    fn fields_are_found_by_name_in_any_position() {
        let object = r#"{"tags": [ 1, {"id": 2} ], "more": {"name": "x"}, "id": null, "n\u0061me": "a\"b"}"#;
        assert_eq!(texts(object), Some([Some("null"), Some(r#""a\"b""#), Some(r#"[ 1, {"id": 2} ]"#)]));
        assert_eq!(texts("{}"), Some([None; 3]));
        assert_eq!(texts(r#"{"id": 1, "id": 2}"#), Some([Some("2"), None, None]), "the last duplicate wins");
    }

    #[test]
    fn text_other_than_one_object_is_an_error() {
        for text in ["", "{", "[]", "1", r#"{"id": 1} 2"#, r#"{"id": tru}"#, r#"{"more": nul}"#] {
            assert_eq!(texts(text), None, "{text}");
        }
    }

    #[test]
    fn fields_are_decoded_and_errors_name_the_field() {
        let texts = find(r#"{"id": 7, "name": null}"#, &NAMES).unwrap();
        let object = ReceivedObject { kind: "User", names: &NAMES, texts: &texts };
        assert_eq!(object.required(ID), Ok(7));
        assert_eq!(object.optional::<u32>(ID), Ok(Some(7)));
        assert_eq!(object.required::<bool>(ID), Err("a `User` with a `id` of the wrong type".to_owned()));
        for (absent, name) in [(NAME, "name"), (TAGS, "tags")] {
            assert_eq!(object.optional::<u32>(absent), Ok(None));
            assert_eq!(object.required::<u32>(absent), Err(format!("a `User` without `{name}`")));
        }
    }
}
