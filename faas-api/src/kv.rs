//! Keys and values of functions: their configuration, and what the routes under `/api/kv` answer.

#[cfg(feature = "openapi")]
use std::collections::BTreeMap;

use faas_core::model::{KvConfig as Config, Timestamp};
use faas_core::store;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

use crate::Moment;

/// Reads a configuration that is there; `Some(None)` for `false` and null.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    reader: D,
) -> Result<Option<Option<Config>>, D::Error> {
    Config::read_optional(reader).map(Some)
}

/// `true` or the name of a namespace, or several by the names under which code finds them.
#[cfg(feature = "openapi")]
#[derive(ToSchema)]
#[schema(as = KvConfig)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) enum KvConfig {
    /// One, which the code finds as `context.kv` and `env.KV`.
    One(KvTarget),
    /// Several, by the names under which the code finds them.
    Named(BTreeMap<String, KvTarget>),
}

/// `true` for the function's own namespace, or the name of a shared one.
#[cfg(feature = "openapi")]
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) enum KvTarget {
    /// `true`: the function's own one.
    Own(bool),
    /// The name of a shared one: 1 to 64 ASCII letters, digits, `_`, `-` or `.`.
    Shared(String),
}

/// A namespace of keys and values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[non_exhaustive]
pub struct KvNamespace {
    /// The name: of a shared one, or `function:ID` for a function's own one.
    pub name: String,
    /// The number of keys. Those that have expired count until they are removed.
    pub keys: u64,
    /// The bytes of all keys, values and metadata.
    pub bytes: u64,
}

/// A page of namespaces, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[non_exhaustive]
pub struct KvNamespacePage {
    /// The namespaces.
    pub namespaces: Vec<KvNamespace>,
    /// What to ask the next page with; null: there is none.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<String>,
}

/// A key, without its value.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[non_exhaustive]
pub struct KvKey {
    /// The key.
    pub name: String,
    /// The length of the value in bytes.
    pub bytes: u64,
    /// When the key stops to exist; null: never.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub expires_at: Option<Moment>,
    /// What the writer keeps with it; null: nothing.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<serde_json::Value>))]
    pub metadata: Option<Box<RawValue>>,
}

/// A page of keys, in the order of their bytes. It may have fewer keys than the limit, or none,
/// although another one follows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[non_exhaustive]
pub struct KvKeyPage {
    /// The keys.
    pub keys: Vec<KvKey>,
    /// What to ask the next page with; null: there is none.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<String>,
}

impl From<store::KvNamespace> for KvNamespace {
    fn from(namespace: store::KvNamespace) -> Self {
        Self {
            name: namespace.name.to_string(),
            keys: namespace.keys,
            bytes: namespace.bytes,
        }
    }
}

impl KvNamespacePage {
    /// Makes a page. `limit` is what was asked for: a full page may be followed by another one.
    pub fn new(found: Vec<store::KvNamespace>, limit: usize) -> Self {
        let last = found.last().map(|last| last.name.to_string());
        Self {
            next_cursor: last.filter(|_| found.len() >= limit),
            namespaces: found.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<store::KvPage> for KvKeyPage {
    fn from(page: store::KvPage) -> Self {
        let keys = page.keys.into_iter().map(|key| KvKey {
            name: key.name,
            bytes: key.value_bytes,
            expires_at: key.expires_at.map(|at: Timestamp| Moment(at)),
            metadata: key
                .metadata
                .and_then(|json| RawValue::from_string(json.as_str().to_owned()).ok()),
        });
        Self {
            keys: keys.collect(),
            next_cursor: page.next,
        }
    }
}
