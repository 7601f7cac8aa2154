//! The members that a type has, and the members of those, as its derived `Deserialize` declares
//! them. Only an unknown member makes it necessary to look.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

use super::error::ReadError;

/// A member and the members in it.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) members: &'static [&'static str],
}

/// The members of `T`.
pub(super) fn of<'de, T: Deserialize<'de>>() -> Vec<Member> {
    let found = Cell::new(&[][..]);
    let names_of = |inside| {
        found.set(&[]);
        // It ends with an error as soon as the names are known.
        let _ = T::deserialize(Probe {
            inside,
            found: &found,
        });
        found.get()
    };
    let outer = names_of(None).iter();
    outer
        .map(|name| Member {
            name,
            members: names_of(Some(name)),
        })
        .collect()
}

/// Finds out which members a struct asks for: itself, or the one in its member `inside`.
#[derive(Clone, Copy)]
struct Probe<'p> {
    inside: Option<&'static str>,
    found: &'p Cell<&'static [&'static str]>,
}

fn done() -> ReadError {
    ReadError::custom("a probe has no values")
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, ReadError> {
        Err(done())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.inside {
            None => {
                self.found.set(names);
                Err(done())
            }
            Some(name) => visitor.visit_map(OnlyMember {
                name: Some(name),
                found: self.found,
            }),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct OnlyMember<'p> {
    name: Option<&'static str>,
    found: &'p Cell<&'static [&'static str]>,
}

impl<'de> MapAccess<'de> for OnlyMember<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let name = self.name.take();
        let key = |name| seed.deserialize(StrDeserializer::new(name));
        name.map(key).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        seed.deserialize(Probe {
            inside: None,
            found: self.found,
        })
    }
}
