//! The fields of objects, found by their names and kept as text until it is known what they have to be.

use crate::text::Text;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// The text of a field, where there is one.
pub(super) type Field<'a> = Option<&'a RawValue>;

/// The fields with these names of the object that a text is.
pub(super) fn named<'a, const N: usize>(
    object: &'a str,
    names: &[&str; N],
) -> serde_json::Result<[Field<'a>; N]> {
    let mut found = [None; N];
    let mut deserializer = serde_json::Deserializer::from_str(object);
    Named { names, found: &mut found }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(found)
}

/// Puts the fields with these names into `found`, in the same order. The others are passed over; of several with one name the last one counts.
pub(super) struct Named<'n, 'f, 'a> {
    pub(super) names: &'n [&'n str],
    pub(super) found: &'f mut [Field<'a>],
}

impl<'a> Named<'_, '_, 'a> {
    /// Takes the value that comes next, which has this name.
    pub(super) fn take<A: MapAccess<'a>>(&mut self, name: &str, fields: &mut A) -> Result<(), A::Error> {
        match self.names.iter().position(|wanted| *wanted == name) {
            Some(index) => self.found[index] = Some(fields.next_value()?),
            None => {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Named<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, object: D) -> Result<(), D::Error> {
        object.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Named<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut fields: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = fields.next_key()? {
            self.take(&name, &mut fields)?;
        }
        Ok(())
    }
}

/// What a field holds that may be missing, or `null`. `kind` is the type of its frame.
pub(super) fn optional<'a, T: Deserialize<'a>>(
    field: Field<'a>,
    kind: &str,
    name: &str,
) -> Result<Option<T>, String> {
    let Some(field) = field else { return Ok(None) };
    serde_json::from_str(field.get()).map_err(|_| wrong(kind, name))
}

pub(super) fn required<'a, T: Deserialize<'a>>(
    field: Field<'a>,
    kind: &str,
    name: &str,
) -> Result<T, String> {
    optional(field, kind, name)?.ok_or_else(|| missing(kind, name))
}

pub(super) fn missing(kind: &str, name: &str) -> String {
    format!("a `{kind}` without `{name}`")
}

pub(super) fn wrong(kind: &str, name: &str) -> String {
    format!("a `{kind}` with a `{name}` of the wrong type")
}
