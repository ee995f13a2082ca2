//! Convex values, with a codec that shares no code with the client's.

pub(crate) mod export;
mod json;
pub(crate) mod limits;

use std::{cmp::Ordering, collections::BTreeMap};

pub use json::InvalidValue;

/// The fields of an object or a document, by name.
pub type Object = BTreeMap<String, Value>;

/// A Convex value.
///
/// Equality and order are those of Convex: null, Int64, Float64, boolean, string, bytes, array,
/// object; `-0.0` comes before `0.0` and NaN equals itself.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `v.int64()`
    Int64(i64),
    /// `v.number()`
    Float64(f64),
    /// `v.boolean()`
    Boolean(bool),
    /// `v.string()` and `v.id()`
    String(String),
    /// `v.bytes()`
    Bytes(Vec<u8>),
    /// `v.array()`
    Array(Vec<Value>),
    /// `v.object()` and `v.record()`
    Object(Object),
}

impl Value {
    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is a Float64.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float64(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The fields, if this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Int64(_) => 1,
            Self::Float64(_) => 2,
            Self::Boolean(_) => 3,
            Self::String(_) => 4,
            Self::Bytes(_) => 5,
            Self::Array(_) => 6,
            Self::Object(_) => 7,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int64(left), Self::Int64(right)) => left.cmp(right),
            (Self::Float64(left), Self::Float64(right)) => left.total_cmp(right),
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::String(left), Self::String(right)) => left.cmp(right),
            (Self::Bytes(left), Self::Bytes(right)) => left.cmp(right),
            (Self::Array(left), Self::Array(right)) => left.cmp(right),
            (Self::Object(left), Self::Object(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

macro_rules! from {
    ($($source:ty => $variant:ident),* $(,)?) => {
        $(impl From<$source> for Value {
            fn from(source: $source) -> Self {
                Self::$variant(source.into())
            }
        })*
    };
}

from!(i64 => Int64, f64 => Float64, bool => Boolean, &str => String, String => String, &String => String, Object => Object);

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Null
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(source: Option<T>) -> Self {
        source.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(source: Vec<T>) -> Self {
        Self::Array(source.into_iter().map(Into::into).collect())
    }
}

/// Creates an [`Object`] from `"name" => value` pairs. A value is anything that converts into a
/// [`Value`].
///
/// ```
/// use convex_testkit::{Value, object};
///
/// let message = object! { "body" => "hello", "likes" => 2.0 };
/// assert_eq!(message["likes"], Value::Float64(2.0));
/// ```
#[macro_export]
macro_rules! object {
    ($($name:expr => $value:expr),* $(,)?) => {
        $crate::Object::from([$((::std::string::String::from($name), $crate::Value::from($value))),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_sort_as_in_convex() {
        let sorted = [
            Value::Null,
            Value::Int64(7),
            Value::Float64(f64::NEG_INFINITY),
            Value::Float64(-0.0),
            Value::Float64(0.0),
            Value::Float64(f64::NAN),
            Value::Boolean(false),
            Value::from("a"),
            Value::Bytes(vec![0]),
            Value::from(vec![1.0]),
            Value::Object(object! {}),
        ];
        for pair in sorted.windows(2) {
            assert!(pair[0] < pair[1], "{:?} before {:?}", pair[0], pair[1]);
        }
        assert_eq!(Value::Float64(f64::NAN), Value::Float64(f64::NAN));
    }
}
