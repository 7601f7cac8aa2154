//! Values that are written as one JSON string: ids, moments, and words from a fixed set.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use faas_core::model::{
    AuditId, ExecutionId, FunctionId, KeyId, LoadTestId, ScalingEventId, ScheduleId, SessionId,
    Timestamp,
};
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// A value that is written as the text it displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<T>(pub T);

/// A function's id.
pub type FunctionKey = Text<FunctionId>;
/// An execution's id.
pub type ExecutionKey = Text<ExecutionId>;
/// A scaling event's id.
pub type ScalingEventKey = Text<ScalingEventId>;
/// An API key's id.
pub type ApiKeyKey = Text<KeyId>;
/// An audit entry's id.
pub type AuditKey = Text<AuditId>;
/// A schedule's id.
pub type ScheduleKey = Text<ScheduleId>;
/// A load test's id.
pub type LoadTestKey = Text<LoadTestId>;
/// The id of a session of code that runs.
pub type RunSessionKey = Text<SessionId>;

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> From<T> for Text<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parsed<T>(PhantomData<T>);

        impl<T: FromStr<Err: Display>> Visitor<'_> for Parsed<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map(Text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Parsed(PhantomData))
    }
}

/// A moment: RFC 3339 in UTC with milliseconds. Any offset is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub Timestamp);

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self(moment)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rfc3339;

        impl Visitor<'_> for Rfc3339 {
            type Value = Moment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 moment such as 2026-01-31T14:00:00Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                match Timestamp::parse_rfc3339(text) {
                    Some(moment) => Ok(Moment(moment)),
                    None => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_str(Rfc3339)
    }
}

/// A word from a fixed set, written as the model names it: `completed`, `user_error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word<T>(pub T);

/// What a [`Word`] can be.
pub trait Vocabulary: Copy + Sized + 'static {
    /// The name of the set, as the OpenAPI document has it.
    const NAME: &'static str;
    /// What the set is for.
    const ABOUT: &'static str;

    /// All words.
    fn all() -> &'static [Self];

    /// The word as it is written.
    fn as_str(self) -> &'static str;
}

impl<T: Vocabulary> Word<T> {
    /// All words as they are written.
    pub fn texts() -> Vec<&'static str> {
        T::all().iter().map(|word| word.as_str()).collect()
    }

    /// The word that is written so.
    pub fn named(text: &str) -> Option<Self> {
        let mut words = T::all().iter().copied();
        words.find(|word| word.as_str() == text).map(Self)
    }
}

impl<T> From<T> for Word<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Vocabulary> Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl<T: Vocabulary> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de, T: Vocabulary> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOf<T>(PhantomData<T>);

        impl<T: Vocabulary> Visitor<'_> for OneOf<T> {
            type Value = Word<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "one of {}", Word::<T>::texts().join(", "))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match Word::named(text) {
                    Some(word) => Ok(word),
                    None => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_str(OneOf(PhantomData))
    }
}
