//! Which namespaces of keys and values a function has (`config.kv`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::FunctionId;

/// The longest name of a shared namespace, in characters.
const MAX_NAME: usize = 64;
/// What the name of a function's own namespace begins with. A shared name has no colon.
const OWN: &str = "function:";

/// The name of a namespace: `function:ID` for a function's own one, a plain name for a shared one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(Arc<str>);

impl Namespace {
    /// The own namespace of a function.
    pub fn own(function: FunctionId) -> Self {
        Self(format!("{OWN}{function}").into())
    }

    /// The shared namespace, or the own namespace of a function, with this name.
    ///
    /// # Errors
    /// Says what is wrong with the name.
    pub fn named(name: &str) -> Result<Self, String> {
        if let Some(id) = name.strip_prefix(OWN) {
            let id: FunctionId = id
                .parse()
                .map_err(|_| format!("{OWN} must be followed by the id of a function"))?;
            return Ok(Self::own(id));
        }
        let is_allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.');
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_allowed) {
            let shown: String = name.chars().take(MAX_NAME).collect();
            return Err(format!(
                "{shown:?} is no name of a namespace: use 1 to {MAX_NAME} ASCII letters, digits, _, - \
                 or ."
            ));
        }
        if name.bytes().all(|c| c == b'.') {
            return Err("the name of a namespace needs more than dots".to_owned());
        }
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The function whose own namespace this is.
    pub fn owner(&self) -> Option<FunctionId> {
        self.0.strip_prefix(OWN)?.parse().ok()
    }

    /// For stores: a name that was checked when it was stored.
    pub fn trusted(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The namespaces of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum KvConfig {
    /// One, which the code finds as `context.kv` and `env.KV`.
    One(KvTarget),
    /// Several by the names under which the code finds them. The one named `kv` or `KV`, or else the
    /// first one, is `context.kv` too.
    Named(BTreeMap<Arc<str>, KvTarget>),
}

/// A namespace in the configuration of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvTarget {
    /// The function's own one: `true`. No other function can have it. It is deleted with the function.
    Own,
    /// The one with this name, which all functions have that name it.
    Shared(Arc<str>),
}

impl KvTarget {
    /// The namespace, for this function.
    ///
    /// # Errors
    /// Says what is wrong with the name.
    pub fn namespace(&self, function: FunctionId) -> Result<Namespace, String> {
        match self {
            Self::Own => Ok(Namespace::own(function)),
            Self::Shared(name) if name.contains(':') => Err(format!(
                "{name:?} is no name of a shared namespace: it has a colon"
            )),
            Self::Shared(name) => Namespace::named(name),
        }
    }
}

impl KvConfig {
    /// The most namespaces that a function may have.
    pub const MAX: usize = 16;
    /// The name under which the code always finds its first namespace.
    pub const FIRST: &'static str = "kv";

    /// The names under which the code finds its namespaces, the first one first.
    pub fn bindings(&self) -> Vec<(&str, &KvTarget)> {
        match self {
            Self::One(target) => vec![("KV", target)],
            Self::Named(all) => {
                let mut all: Vec<_> = all.iter().map(|(name, to)| (&**name, to)).collect();
                all.sort_by_key(|(name, _)| match *name {
                    Self::FIRST => 0,
                    "KV" => 1,
                    _ => 2,
                });
                all
            }
        }
    }

    /// The length of all names in bytes.
    pub fn bytes(&self) -> usize {
        let target = |target: &KvTarget| match target {
            KvTarget::Own => 4,
            KvTarget::Shared(name) => name.len(),
        };
        let all = self.bindings();
        all.iter().map(|(name, to)| name.len() + target(to)).sum()
    }
}

impl KvConfig {
    /// Reads a configuration that may be `false` or null, which both stand for none.
    ///
    /// # Errors
    /// When it is none of those that are expected.
    pub fn read_optional<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Self>, D::Error> {
        struct Optional;

        impl<'de> Visitor<'de> for Optional {
            type Value = Option<KvConfig>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, the name of a namespace, or an object of such by their names")
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_bool<E: serde::de::Error>(self, own: bool) -> Result<Self::Value, E> {
                Ok(own.then_some(KvConfig::One(KvTarget::Own)))
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Some(KvConfig::One(KvTarget::Shared(name.into()))))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let all =
                    BTreeMap::<String, KvTarget>::deserialize(MapAccessDeserializer::new(map))?;
                let all = all.into_iter().map(|(name, to)| (name.into(), to));
                Ok(Some(KvConfig::Named(all.collect())))
            }
        }

        reader.deserialize_any(Optional)
    }
}

impl<'de> Deserialize<'de> for KvConfig {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let read = Self::read_optional(reader)?;
        read.ok_or_else(|| D::Error::custom("kv is false: leave it out"))
    }
}

impl Serialize for KvTarget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Own => serializer.serialize_bool(true),
            Self::Shared(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for KvTarget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Target;

        impl Visitor<'_> for Target {
            type Value = KvTarget;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or the name of a namespace")
            }

            fn visit_bool<E: serde::de::Error>(self, own: bool) -> Result<KvTarget, E> {
                if own {
                    Ok(KvTarget::Own)
                } else {
                    Err(E::invalid_value(Unexpected::Bool(false), &self))
                }
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<KvTarget, E> {
                Ok(KvTarget::Shared(name.into()))
            }
        }

        deserializer.deserialize_any(Target)
    }
}

/// The operations on keys and values that code made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct KvUsage {
    /// Keys read, whether they were there or not.
    pub reads: u64,
    /// Keys set, deleted or compared.
    pub writes: u64,
    /// Pages of lists.
    pub lists: u64,
}

impl KvUsage {
    /// Returns whether there were none.
    pub const fn is_none(&self) -> bool {
        self.reads == 0 && self.writes == 0 && self.lists == 0
    }

    /// Adds `other`.
    pub const fn add(&mut self, other: &Self) {
        self.reads = self.reads.saturating_add(other.reads);
        self.writes = self.writes.saturating_add(other.writes);
        self.lists = self.lists.saturating_add(other.lists);
    }

    /// Takes `other` away, which was added before.
    pub const fn take_back(&mut self, other: &Self) {
        self.reads = self.reads.saturating_sub(other.reads);
        self.writes = self.writes.saturating_sub(other.writes);
        self.lists = self.lists.saturating_sub(other.lists);
    }
}

/// How many keys, and how large ones, a namespace takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KvLimits {
    /// The longest value, in bytes. Default: 1 MiB.
    pub max_value: usize,
    /// The most keys of a namespace. Default: 1,000,000.
    pub max_keys: u64,
    /// The most bytes of a namespace: of its keys, values and metadata. Default: 1 GiB.
    pub max_bytes: u64,
    /// The most namespaces that have keys, those of functions included. Default: 10,000.
    pub max_namespaces: u64,
}

impl KvLimits {
    /// The longest key, in bytes of UTF-8.
    pub const MAX_KEY: usize = 512;
    /// The longest metadata, in bytes of JSON.
    pub const MAX_METADATA: usize = 1024;
    /// The most keys of a page of a list.
    pub const MAX_PAGE: usize = 1000;
    /// The largest value that can be configured, so that it fits a MongoDB document.
    pub const LARGEST_VALUE: usize = 8 << 20;
}

impl Default for KvLimits {
    fn default() -> Self {
        Self {
            max_value: 1 << 20,
            max_keys: 1_000_000,
            max_bytes: 1 << 30,
            max_namespaces: 10_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_true_a_name_or_names() {
        let read = |text: &str| serde_json::from_str::<KvConfig>(text);
        assert_eq!(read("true").unwrap(), KvConfig::One(KvTarget::Own));
        let named = read(r#"{"CACHE":"cache","KV":"orders","OWN":true}"#).unwrap();
        let names: Vec<_> = named.bindings().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["KV", "CACHE", "OWN"]);
        let text = serde_json::to_string(&named).unwrap();
        assert_eq!(text, r#"{"CACHE":"cache","KV":"orders","OWN":true}"#);
        for wrong in ["false", "1", r#"{"KV":false}"#, r#"["a"]"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_shared_name_cannot_be_the_own_namespace_of_a_function() {
        let id = FunctionId::from_u128(7);
        let own = Namespace::own(id);
        assert_eq!(own.owner(), Some(id));
        assert_eq!(Namespace::named(own.as_str()), Ok(own.clone()));
        let stolen = KvTarget::Shared(own.as_str().into());
        assert!(stolen.namespace(id).is_err());
        for wrong in ["", "a/b", "a b", "..", "ä", "function:", &"x".repeat(65)] {
            assert!(Namespace::named(wrong).is_err(), "{wrong}");
        }
    }
}
