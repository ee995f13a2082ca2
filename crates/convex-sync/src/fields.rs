//! The fields of objects, found by their names and kept as text until it is known what they have to
//! be.

use crate::text::Text;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// The text of a field, where there is one.
pub(crate) type Field<'a> = Option<&'a RawValue>;

/// An object, or what is wanted of it: the text of its fields of some names, in the order of these.
pub(crate) struct Object<'o, 'a> {
    /// What errors call it.
    pub(crate) kind: &'o str,
    pub(crate) names: &'o [&'o str],
    pub(crate) found: &'o [Field<'a>],
}

impl<'a> Object<'_, 'a> {
    pub(crate) fn field(&self, name: &str) -> Field<'a> {
        let index = self.names.iter().position(|known| *known == name);
        self.found[index.expect("a field that is read was looked for")]
    }

    /// What a field holds that may be missing, or `null`. `Err` says what it should be, not what it
    /// is: that may be secret.
    pub(crate) fn optional<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(field) = self.field(name) else { return Ok(None) };
        serde_json::from_str(field.get()).map_err(|_| self.wrong(name))
    }

    pub(crate) fn required<T: Deserialize<'a>>(&self, name: &str) -> Result<T, String> {
        self.optional(name)?.ok_or_else(|| self.without(name))
    }

    pub(crate) fn without(&self, name: &str) -> String {
        format!("a `{}` without `{name}`", self.kind)
    }

    pub(crate) fn wrong(&self, name: &str) -> String {
        format!("a `{}` with a `{name}` of the wrong type", self.kind)
    }
}

/// The fields of the object that a text is. Of several with one name the last one counts.
pub(crate) fn find<'a, const N: usize>(
    object: &'a str,
    names: &[&str; N],
) -> serde_json::Result<[Field<'a>; N]> {
    let mut found = [None; N];
    let mut deserializer = serde_json::Deserializer::from_str(object);
    Search { names, found: &mut found }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(found)
}

/// Fills `found`, and passes over all other fields.
pub(crate) struct Search<'n, 'f, 'a> {
    pub(crate) names: &'n [&'n str],
    pub(crate) found: &'f mut [Field<'a>],
}

impl<'a> Search<'_, '_, 'a> {
    /// Takes the value that comes next, which has this name.
    pub(crate) fn take<A: MapAccess<'a>>(&mut self, name: &str, fields: &mut A) -> Result<(), A::Error> {
        match self.names.iter().position(|wanted| *wanted == name) {
            Some(index) => self.found[index] = Some(fields.next_value()?),
            None => {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Search<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, object: D) -> Result<(), D::Error> {
        object.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Search<'_, '_, 'a> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["id", "name", "tags"];

    fn texts(object: &str) -> Option<[Option<&str>; 3]> {
        find(object, &NAMES).ok().map(|found| found.map(|field| field.map(RawValue::get)))
    }

    #[test]
    fn fields_are_found_by_name_wherever_they_are() {
        let object = r#"{"tags": [ 1, {"id": 2} ], "more": {"name": "x"}, "id": null, "n\u0061me": "a\"b"}"#;
        assert_eq!(texts(object), Some([Some("null"), Some(r#""a\"b""#), Some(r#"[ 1, {"id": 2} ]"#)]));
        assert_eq!(texts("{}"), Some([None; 3]));
        assert_eq!(texts(r#"{"id": 1, "id": 2}"#), Some([Some("2"), None, None]), "the last one counts");
    }

    #[test]
    fn all_of_the_text_is_one_object() {
        for text in ["", "{", "[]", "1", r#"{"id": 1} 2"#, r#"{"id": tru}"#, r#"{"more": nul}"#] {
            assert_eq!(texts(text), None, "{text}");
        }
    }

    #[test]
    fn a_field_is_read_as_what_it_should_be() {
        let found = find(r#"{"id": 7, "name": null}"#, &NAMES).unwrap();
        let object = Object { kind: "Person", names: &NAMES, found: &found };
        assert_eq!(object.required("id"), Ok(7));
        assert_eq!(object.optional::<u32>("id"), Ok(Some(7)));
        assert_eq!(object.required::<bool>("id"), Err("a `Person` with a `id` of the wrong type".to_owned()));
        for absent in ["name", "tags"] {
            assert_eq!(object.optional::<u32>(absent), Ok(None));
            assert_eq!(object.required::<u32>(absent), Err(format!("a `Person` without `{absent}`")));
        }
    }
}
