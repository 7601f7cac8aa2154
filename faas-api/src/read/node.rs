//! A deserializer over JSON text that knows the names of the members it is in.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::error::ReadError;

/// One value.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    text: &'a str,
    /// Whether it comes from a form, in which every value is a string.
    form: bool,
}

impl<'a> Node<'a> {
    pub(super) fn json(text: &'a str) -> Self {
        Self {
            text: text.trim(),
            form: false,
        }
    }

    pub(super) fn form(text: &'a str) -> Self {
        Self {
            text: text.trim(),
            form: true,
        }
    }

    /// The value of a member or an item.
    fn inner(self, raw: &'a RawValue) -> Self {
        Self {
            text: raw.get(),
            ..self
        }
    }

    fn first(self) -> Option<u8> {
        self.text.bytes().next()
    }

    /// The members of the object that this is. Of a name that is there twice the last counts.
    fn members(self) -> Result<BTreeMap<String, &'a RawValue>, ReadError> {
        if self.first() != Some(b'{') {
            return Err(ReadError::wrong("a JSON object", self.kind()));
        }
        serde_json::from_str(self.text).map_err(not_json)
    }

    fn items(self) -> Result<Vec<&'a RawValue>, ReadError> {
        serde_json::from_str(self.text).map_err(not_json)
    }

    fn visit_text<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let plain = self
            .text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        match plain.filter(|text| !text.contains('\\')) {
            Some(plain) => visitor.visit_borrowed_str(plain),
            None => match serde_json::from_str(self.text) {
                Ok(text) => visitor.visit_string(text),
                Err(_) => Err(ReadError::wrong(
                    "a string of Unicode text",
                    "one with half a surrogate pair",
                )),
            },
        }
    }

    fn visit_number<V: Visitor<'a>>(text: &str, visitor: V) -> Result<V::Value, ReadError> {
        if let Ok(number) = text.parse() {
            return visitor.visit_u64(number);
        }
        if let Ok(number) = text.parse() {
            return visitor.visit_i64(number);
        }
        match text.parse() {
            Ok(number) => visitor.visit_f64(number),
            Err(_) => Err(ReadError::custom("this is not JSON")),
        }
    }

    fn visit_map<V: Visitor<'a>>(
        self,
        members: BTreeMap<String, &'a RawValue>,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_map(Members {
            node: self,
            rest: members.into_iter(),
            value: None,
        })
    }

    /// What the value is, for messages.
    fn kind(self) -> &'static str {
        match self.first() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            Some(_) => "a number",
            None => "nothing",
        }
    }

    /// The number that a form's text is.
    fn form_number(self) -> Option<&'a str> {
        let text = self.text.strip_prefix('"')?.strip_suffix('"')?;
        let number = self.form && serde_json::from_str::<f64>(text).is_ok();
        number.then_some(text)
    }
}

fn not_json(error: serde_json::Error) -> ReadError {
    ReadError::custom(format!("not JSON: {error}"))
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match self.form_number() {
                Some(number) => Self::visit_number(number, visitor),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'a> Deserializer<'a> for Node<'a> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match (self.first(), self.text) {
            (Some(b'"'), _) => self.visit_text(visitor),
            (Some(b'{'), _) => self.visit_map(self.members()?, visitor),
            (Some(b'['), _) => visitor.visit_seq(Items {
                node: self,
                rest: self.items()?.into_iter().enumerate(),
            }),
            (_, "true") => visitor.visit_bool(true),
            (_, "false") => visitor.visit_bool(false),
            (_, "null") => visitor.visit_unit(),
            (_, text) => Self::visit_number(text, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.text == "null" || (self.form && self.text == "\"\"") {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let members = self.members()?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ReadError::unknown(unknown, known)),
            None => self.visit_map(members, visitor),
        }
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.visit_map(self.members()?, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        // serde_json reads a `RawValue` under a private name; any other newtype is its content.
        if name.starts_with("$serde_json::private") {
            let raw: &RawValue = serde_json::from_str(self.text).map_err(not_json)?;
            return raw
                .deserialize_newtype_struct(name, visitor)
                .map_err(ReadError::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let word = String::deserialize(self)?;
        visitor.visit_enum(word.into_deserializer())
    }

    /// Nobody asks for the value: it is not looked into, however deep it is.
    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool char str string bytes byte_buf unit unit_struct seq tuple tuple_struct identifier
    }
}

struct Members<'a> {
    node: Node<'a>,
    rest: std::collections::btree_map::IntoIter<String, &'a RawValue>,
    value: Option<(String, &'a RawValue)>,
}

impl<'a> MapAccess<'a> for Members<'a> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        self.value = self.rest.next();
        let Some((name, _)) = &self.value else {
            return Ok(None);
        };
        let key: Result<_, ReadError> = seed.deserialize(name.as_str().into_deserializer());
        key.map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        match self.value.take() {
            Some((name, raw)) => seed
                .deserialize(self.node.inner(raw))
                .map_err(|error| error.within(&name)),
            None => Err(ReadError::custom("a value was asked for before its name")),
        }
    }
}

struct Items<'a> {
    node: Node<'a>,
    rest: std::iter::Enumerate<std::vec::IntoIter<&'a RawValue>>,
}

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = ReadError;

    fn next_element_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        let Some((index, raw)) = self.rest.next() else {
            return Ok(None);
        };
        seed.deserialize(self.node.inner(raw))
            .map(Some)
            .map_err(|error| error.within(&index.to_string()))
    }
}
