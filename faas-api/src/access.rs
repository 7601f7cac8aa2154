//! Keys, the session and the audit log.

use std::borrow::Cow;

use faas_core::access::{self, KeyText};
use faas_core::model;
use serde::{Deserialize, Serialize};

use crate::scalar::{ApiKeyKey, AuditKey, Moment, Text, Word};
use crate::words::{AuditAction, Authentication, KeyUse, Role};

/// An API key, without its secret.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Key<'a> {
    /// Its id. It is no secret.
    #[serde(rename = "_id")]
    pub id: ApiKeyKey,
    /// What people call it.
    pub name: Cow<'a, str>,
    /// What it allows.
    pub role: Role,
    /// When it was made.
    pub created_at: Moment,
    /// From when on it is refused; null: never.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub expires_at: Option<Moment>,
    /// When it was revoked.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub revoked_at: Option<Moment>,
    /// When it was used last, to the minute; null: never.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_used_at: Option<Moment>,
    /// What is to be sent as `Authorization: Bearer`. Only the answer to its creation contains it:
    /// the server keeps no copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub key: Option<Cow<'a, str>>,
}

impl std::fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl<'a> Key<'a> {
    /// The same with the key's text.
    #[must_use]
    pub fn with(self, text: &'a KeyText) -> Self {
        Self {
            key: Some(Cow::Borrowed(text.expose())),
            ..self
        }
    }
}

impl<'a> From<&'a model::ApiKey> for Key<'a> {
    fn from(key: &'a model::ApiKey) -> Self {
        Self {
            id: Text(key.id),
            name: Cow::Borrowed(&key.name),
            role: Word(key.role),
            created_at: Moment(key.created_at),
            expires_at: key.expires_at.map(Moment),
            revoked_at: key.revoked_at.map(Moment),
            last_used_at: key.last_used_at.map(Moment),
            key: None,
        }
    }
}

/// A key to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NewKey {
    /// Unique among keys that are not revoked, 1 to 64 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// RFC 3339; absent or null: it does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub expires_at: Option<Moment>,
}

impl NewKey {
    /// A key that does not expire.
    pub fn new(name: impl Into<String>, role: model::Role) -> Self {
        Self {
            name: name.into(),
            role: Word(role),
            expires_at: None,
        }
    }
}

impl From<NewKey> for access::NewKey {
    fn from(new: NewKey) -> Self {
        let mut key = Self::new(new.name, new.role.0);
        key.expires_at = new.expires_at.map(|Moment(end)| end);
        key
    }
}

/// The session: the client's key, and what the server allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Session<'a> {
    /// Whether a key is required.
    pub authentication: Authentication,
    /// The key of the request; null if it has none, or if the server uses none.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub key: Option<SessionKey<'a>>,
    /// Whether functions can have secrets: the server has a key to seal them with.
    pub secrets: bool,
    /// The names of the runtimes that a function can name in `config.runtime`, the default first; empty
    /// for a client without the key that it needs.
    pub runtimes: Vec<Cow<'a, str>>,
}

/// The key of the client that asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SessionKey<'a> {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ApiKeyKey,
    /// What people call it.
    pub name: Cow<'a, str>,
    /// What it allows.
    pub role: Role,
    /// From when on it is refused; null: never.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub expires_at: Option<Moment>,
}

impl<'a> Session<'a> {
    /// The session of a client with this key, or without one. `required`: whether the server requires
    /// a key. `secrets`: whether it can store secrets. `runtimes`: the names of its runtimes.
    pub fn new(
        required: bool,
        key: Option<&'a model::ApiKey>,
        secrets: bool,
        runtimes: impl Iterator<Item = &'a str>,
    ) -> Self {
        let authentication = if required {
            KeyUse::Required
        } else {
            KeyUse::Off
        };
        Self {
            authentication: Word(authentication),
            key: key.map(|key| SessionKey {
                id: Text(key.id),
                name: Cow::Borrowed(&key.name),
                role: Word(key.role),
                expires_at: key.expires_at.map(Moment),
            }),
            secrets,
            runtimes: runtimes.map(Cow::Borrowed).collect(),
        }
    }
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct AuditEntry<'a> {
    /// Its id. Ids sort by time.
    #[serde(rename = "_id")]
    pub id: AuditKey,
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Actor<'a>,
    /// What was done.
    pub action: AuditAction,
    /// The id of the function, execution, load test or key.
    pub target: Cow<'a, str>,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Actor<'a> {
    /// Null: a client that needed no key.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub key_id: Option<ApiKeyKey>,
    /// The key's name at that time, or `local`.
    pub name: Cow<'a, str>,
}

impl<'a> From<&'a model::AuditEntry> for AuditEntry<'a> {
    fn from(entry: &'a model::AuditEntry) -> Self {
        Self {
            id: Text(entry.id),
            at: Moment(entry.at),
            actor: Actor {
                key_id: entry.actor.key().map(Text),
                name: Cow::Borrowed(entry.actor.name()),
            },
            action: Word(entry.action),
            target: Cow::Borrowed(&entry.target),
        }
    }
}

/// A page of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct AuditPage<'a> {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry<'a>>,
    /// The `cursor` of the next page; null: this is the last.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<AuditKey>,
}

impl<'a> AuditPage<'a> {
    /// These entries, with more after `next_cursor`.
    pub const fn new(entries: Vec<AuditEntry<'a>>, next_cursor: Option<AuditKey>) -> Self {
        Self {
            entries,
            next_cursor,
        }
    }
}
