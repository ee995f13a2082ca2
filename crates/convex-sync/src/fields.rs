//! The fields of JSON objects, found by name and kept as text until their type is known.
//!
//! Which fields of a frame matter depends on its `type`, and that may be the last field. So all
//! fields that any type has are first collected as text, in one pass without copies. The frame is
//! then built from those that its type needs.

use crate::{
    EncodedValue,
    json::{JsonError, Number, Reader},
};
use std::borrow::Cow;

/// The JSON text of a field; `None` if the field is missing.
pub(crate) type FieldText<'a> = Option<&'a str>;

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

    /// Reads a field that may be missing or `null`. The error names the field but does not quote
    /// its content, which may be secret.
    pub(crate) fn optional<T: FieldValue<'a>>(&self, field: FieldName) -> Result<Option<T>, String> {
        match self.text(field) {
            None | Some("null") => Ok(None),
            Some(text) => read(text).map(Some).map_err(|_| self.wrong_type(field)),
        }
    }

    /// Reads a field that must be there.
    pub(crate) fn required<T: FieldValue<'a>>(&self, field: FieldName) -> Result<T, String> {
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
) -> Result<[FieldText<'a>; N], JsonError> {
    let mut texts = [None; N];
    let mut reader = Reader::new(object);
    reader.object(|reader, name| read_field(reader, &name, names, &mut texts))?;
    reader.end()?;
    Ok(texts)
}

/// Reads the value of the field `name`: stores it in `texts` if it is one of `names`.
pub(crate) fn read_field<'a>(
    reader: &mut Reader<'a>,
    name: &str,
    names: &[&str],
    texts: &mut [FieldText<'a>],
) -> Result<(), JsonError> {
    let value = reader.raw()?;
    if let Some(index) = names.iter().position(|known| *known == name) {
        texts[index] = Some(value);
    }
    Ok(())
}

/// Reads a whole text as one value.
pub(crate) fn read<'a, T: FieldValue<'a>>(text: &'a str) -> Result<T, JsonError> {
    let mut reader = Reader::new(text);
    let value = T::read(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// The type of a field of the protocol.
pub(crate) trait FieldValue<'a>: Sized {
    /// Reads a value. The error points at it if it is of another type.
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError>;
}

impl<'a> FieldValue<'a> for Cow<'a, str> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        reader.string()
    }
}

impl FieldValue<'_> for String {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        reader.string().map(Cow::into_owned)
    }
}

impl FieldValue<'_> for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        reader.boolean()
    }
}

impl FieldValue<'_> for u64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        match reader.number()? {
            Number::Unsigned(integer) => Ok(integer),
            Number::Negative(_) | Number::Float(_) => Err(reader.unexpected()),
        }
    }
}

impl FieldValue<'_> for u32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        u64::read(reader)?.try_into().map_err(|_| reader.unexpected())
    }
}

impl FieldValue<'_> for f64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        reader.number().map(Number::to_float)
    }
}

impl<'a, T: FieldValue<'a>> FieldValue<'a> for Vec<T> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        let mut items = Vec::new();
        reader.array(|reader| {
            items.push(T::read(reader)?);
            Ok::<_, JsonError>(())
        })?;
        Ok(items)
    }
}

/// Any value, as its JSON text.
impl<'a> FieldValue<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        reader.raw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    field_names! { ID = "id", NAME = "name", TAGS = "tags" }

    fn texts(object: &str) -> Option<[Option<&str>; 3]> {
        find(object, &NAMES).ok()
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
        assert_eq!(object.required(ID), Ok(7_u32));
        assert_eq!(object.optional::<u32>(ID), Ok(Some(7)));
        assert_eq!(object.required::<bool>(ID), Err("a `User` with a `id` of the wrong type".to_owned()));
        for (absent, name) in [(NAME, "name"), (TAGS, "tags")] {
            assert_eq!(object.optional::<u32>(absent), Ok(None));
            assert_eq!(object.required::<u32>(absent), Err(format!("a `User` without `{name}`")));
        }
    }
}
