//! What clients say.

use faas_core::events::Position;
use serde::{Deserialize, Serialize};

use crate::scalar::FunctionKey;

/// A message from a client that narrows or resumes the stream. It replaces the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Subscribe {
    /// `subscribe`
    #[serde(rename = "type")]
    pub kind: SubscribeType,
    /// Only these types, out of [`EVENT_TYPES`](super::EVENT_TYPES); absent or null: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// Only what is about this function; absent or null: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_id: Option<FunctionKey>,
    /// Where to resume; absent or null: go on from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// The type of a [`Subscribe`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscribeType {
    /// `subscribe`
    #[default]
    Subscribe,
}

/// A place in the stream: the last message that the client saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The server's start.
    #[serde(deserialize_with = "crate::read::value::required_whole")]
    pub epoch: u64,
    /// The place.
    #[serde(deserialize_with = "crate::read::value::required_whole")]
    pub seq: u64,
}

impl From<Since> for Position {
    fn from(Since { epoch, seq }: Since) -> Self {
        Self { epoch, seq }
    }
}
