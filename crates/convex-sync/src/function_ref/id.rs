//! Ids of documents.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    borrow::Borrow,
    cmp::Ordering,
    convert::Infallible,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    ops::Deref,
    str::FromStr,
    sync::Arc,
};

/// The id of a document in one table. Ids of different tables are different types.
///
/// It is sent and received as a string, dereferences to `str`, and is cheap to clone. Its text is
/// not checked.
///
/// ```
/// use convex_sync::Id;
///
/// /// A type that stands for the table `messages`.
/// enum Messages {}
///
/// let id: Id<Messages> = serde_json::from_str(r#""jd7f""#)?;
/// assert_eq!(id, Id::new("jd7f"));
/// assert_eq!(id.to_string(), "jd7f");
/// assert!(id.starts_with('j'));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct Id<Table>(Arc<str>, PhantomData<fn() -> Table>);

impl<Table> Id<Table> {
    /// An id with this text.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into(), PhantomData)
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<Table> Clone for Id<Table> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), PhantomData)
    }
}

impl<Table> PartialEq for Id<Table> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<Table> Eq for Id<Table> {}

impl<Table> PartialOrd for Id<Table> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Table> Ord for Id<Table> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<Table> Hash for Id<Table> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<Table> fmt::Debug for Id<Table> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl<Table> fmt::Display for Id<Table> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<Table> Deref for Id<Table> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<Table> Borrow<str> for Id<Table> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<Table> FromStr for Id<Table> {
    type Err = Infallible;

    fn from_str(id: &str) -> Result<Self, Infallible> {
        Ok(Self::new(id))
    }
}

impl<Table> Serialize for Id<Table> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, Table> Deserialize<'de> for Id<Table> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arguments, EncodedValue};
    use std::collections::{BTreeMap, HashSet};

    enum Messages {}

    #[test]
    fn ids_are_sent_and_received_as_strings() {
        let id = Id::<Messages>::new("m1");
        let args = Arguments::encode(&[("id", &id)]).expect("arguments").expect("not skipped");
        assert_eq!(args.as_json(), r#"{"id":"m1"}"#);
        let value = EncodedValue::encode(&id).expect("a value");
        assert_eq!(value.decode::<Id<Messages>>(), Ok(id));
    }

    #[test]
    fn ids_are_keys_of_maps_and_found_by_their_text() {
        let id: Id<Messages> = "m1".parse().expect("any text");
        assert!(HashSet::from([id.clone()]).contains("m1"));
        let map = BTreeMap::from([(id, 1)]);
        assert_eq!(map.get("m1"), Some(&1));
        let json = serde_json::to_string(&map).expect("a map");
        assert_eq!(serde_json::from_str::<BTreeMap<Id<Messages>, i32>>(&json).expect("a map"), map);
    }
}
