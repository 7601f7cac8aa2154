//! Keys, the session and the audit log.

use faas_core::access::KeyText;
use faas_core::model::{ApiKey, AuditEntry};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiKeyKey, AuditKey, Moment, Text};
use crate::openapi::words;

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Key)]
pub(crate) struct KeyBody<'a> {
    #[serde(rename = "_id")]
    id: ApiKeyKey,
    name: &'a str,
    #[schema(value_type = words::Role)]
    role: &'static str,
    created_at: Moment,
    /// From when on it is refused; null: never.
    #[schema(required)]
    expires_at: Option<Moment>,
    #[schema(required)]
    revoked_at: Option<Moment>,
    /// When somebody came with it last, to the minute; null: never.
    #[schema(required)]
    last_used_at: Option<Moment>,
    /// What is to be sent as `Authorization: Bearer`. Only the answer to its making has it: it is
    /// kept nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<&'a str>,
}

impl<'a> KeyBody<'a> {
    /// The same with the key's text.
    pub(crate) fn with(self, text: &'a KeyText) -> Self {
        Self {
            key: Some(text.expose()),
            ..self
        }
    }
}

impl<'a> From<&'a ApiKey> for KeyBody<'a> {
    fn from(key: &'a ApiKey) -> Self {
        Self {
            id: Text(key.id),
            name: &key.name,
            role: key.role.as_str(),
            created_at: Text(key.created_at),
            expires_at: key.expires_at.map(Text),
            revoked_at: key.revoked_at.map(Text),
            last_used_at: key.last_used_at.map(Text),
            key: None,
        }
    }
}

/// Who asks.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionBody<'a> {
    #[schema(value_type = words::Authentication)]
    authentication: &'static str,
    /// The key that the request came with; null where it came with none, or none are in use.
    #[schema(required)]
    key: Option<SessionKey<'a>>,
}

/// The key of whoever asks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionKey<'a> {
    #[serde(rename = "_id")]
    id: ApiKeyKey,
    name: &'a str,
    #[schema(value_type = words::Role)]
    role: &'static str,
    #[schema(required)]
    expires_at: Option<Moment>,
}

impl<'a> SessionBody<'a> {
    /// Of somebody with this key, or none.
    pub(crate) fn new(required: bool, key: Option<&'a ApiKey>) -> Self {
        Self {
            authentication: if required { "required" } else { "off" },
            key: key.map(|key| SessionKey {
                id: Text(key.id),
                name: &key.name,
                role: key.role.as_str(),
                expires_at: key.expires_at.map(Text),
            }),
        }
    }
}

/// That somebody changed something.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditBody<'a> {
    #[serde(rename = "_id")]
    id: AuditKey,
    at: Moment,
    actor: ActorBody<'a>,
    #[schema(value_type = words::AuditAction)]
    action: &'static str,
    /// The id of the function, execution, load test or key.
    target: &'a str,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Actor)]
struct ActorBody<'a> {
    /// Null: somebody who needed no key.
    #[schema(required)]
    key_id: Option<ApiKeyKey>,
    /// The key's name then, or `local`.
    name: &'a str,
}

impl<'a> From<&'a AuditEntry> for AuditBody<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        Self {
            id: Text(entry.id),
            at: Text(entry.at),
            actor: ActorBody {
                key_id: entry.actor.key().map(Text),
                name: entry.actor.name(),
            },
            action: entry.action.as_str(),
            target: &entry.target,
        }
    }
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditPage<'a> {
    pub(crate) entries: Vec<AuditBody<'a>>,
    /// Where the next page begins; null: this is the last.
    #[schema(required)]
    pub(crate) next_cursor: Option<AuditKey>,
}
