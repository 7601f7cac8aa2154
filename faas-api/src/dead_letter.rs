//! Dead letters: asynchronous executions that have failed for good.

use std::borrow::Cow;

use faas_core::model::{self, DeadLetterState, FunctionLabel};
use faas_core::platform::{self, DeadLetterSelection};
use serde::{Deserialize, Serialize};

use crate::execution::Execution;
use crate::scalar::{ExecutionKey, FunctionKey, GroupKey, Moment, RedriveKey, Text, Word};
use crate::words::{DeadLetterStatus, ErrorKind, LetterState, RedriveStatus, RedriveVersion};

/// What has been done about an execution that has failed for good and that nobody waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DeadLetter<'a> {
    /// Whether it is open. Only open ones are listed.
    pub status: DeadLetterStatus,
    /// The dead letters of the same function and the same error.
    pub group: GroupKey,
    /// The execution that repeats it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub redriven_by: Option<ExecutionKey>,
    /// The name of the key that discarded it; absent if none was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub discarded_by: Option<Cow<'a, str>>,
    /// When it was redriven or discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub at: Option<Moment>,
}

impl<'a> From<&'a model::DeadLetter> for DeadLetter<'a> {
    fn from(letter: &'a model::DeadLetter) -> Self {
        let (status, redriven_by, discarded_by, at) = match &letter.state {
            DeadLetterState::Open => (LetterState::Open, None, None, None),
            DeadLetterState::Redriven { by, at } => {
                (LetterState::Redriven, Some(Text(*by)), None, Some(*at))
            }
            DeadLetterState::Discarded { by, at } => {
                let by = by.as_deref().map(Cow::Borrowed);
                (LetterState::Discarded, None, by, Some(*at))
            }
        };
        Self {
            status: Word(status),
            group: Text(letter.group),
            redriven_by,
            discarded_by,
            at: at.map(Moment),
        }
    }
}

/// A page of dead letters, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DeadLetterPage<'a> {
    /// The executions, each with its `deadLetter`.
    pub dead_letters: Vec<Execution<'a>>,
    /// The `cursor` of the next page; null: this is the last.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<ExecutionKey>,
}

impl<'a> DeadLetterPage<'a> {
    /// These executions, with more after `next_cursor`.
    pub const fn new(dead_letters: Vec<Execution<'a>>, next_cursor: Option<ExecutionKey>) -> Self {
        Self {
            dead_letters,
            next_cursor,
        }
    }
}

/// The open dead letters by error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DeadLetterGroups<'a> {
    /// The groups with the most dead letters first, at most 100.
    pub groups: Vec<DeadLetterGroup<'a>>,
    /// How many dead letters were counted: the newest 10,000 at most.
    pub counted: u64,
    /// Whether there are more than were counted. The counts are lower bounds then.
    pub more: bool,
}

/// The open dead letters of one function with the same error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DeadLetterGroup<'a> {
    /// The id of the group.
    pub group: GroupKey,
    /// The function.
    pub function_id: FunctionKey,
    /// The name of the function; null if it is not known any more.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub function_name: Option<Cow<'a, str>>,
    /// The kind of the failure.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error_kind: Option<ErrorKind>,
    /// The message of the newest failure. Those of the others differ in numbers and ids only.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error: Option<Cow<'a, str>>,
    /// How many there are.
    pub count: u64,
    /// When the oldest execution that was counted was accepted.
    pub oldest: Moment,
    /// When the newest execution was accepted.
    pub newest: Moment,
    /// The newest execution.
    pub newest_execution_id: ExecutionKey,
}

impl<'a> DeadLetterGroups<'a> {
    /// These groups, of functions with these labels.
    pub fn new(
        found: &'a platform::DeadLetterGroups,
        label: impl Fn(model::FunctionId) -> Option<&'a FunctionLabel>,
    ) -> Self {
        let groups = found.groups.iter().map(|group| {
            let newest = &group.newest;
            let failure = newest.failure.as_ref();
            let label = label(newest.function_id);
            DeadLetterGroup {
                group: Text(group.group),
                function_id: Text(newest.function_id),
                function_name: label.map(|label| Cow::Borrowed(&*label.name)),
                error_kind: failure.map(|failure| Word(failure.kind)),
                error: failure.map(|failure| Cow::Borrowed(failure.message.as_str())),
                count: group.count as u64,
                oldest: Moment(group.oldest.created_at()),
                newest: Moment(newest.created_at),
                newest_execution_id: Text(newest.id),
            }
        });
        Self {
            groups: groups.collect(),
            counted: found.counted as u64,
            more: found.more,
        }
    }
}

/// Which dead letters to repeat, and how. Name some by `ids`, by `functionId` or `group`, or all by
/// `all`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RedriveRequest {
    /// These executions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, max_items = 1000))]
    pub ids: Option<Vec<ExecutionKey>>,
    /// The open ones of this function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub function_id: Option<FunctionKey>,
    /// The open ones of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub group: Option<GroupKey>,
    /// `true`: all open ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub all: Option<bool>,
    /// The most to repeat, newest first. Absent: all that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1))]
    pub limit: Option<u32>,
    /// Which version runs. Absent: `live`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub version: Option<RedriveVersion>,
    /// How many are accepted per second. Default: 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = f64, minimum = 0.1, maximum = 1000))]
    pub rate: Option<f64>,
}

/// Which dead letters to discard: as for a redrive. At most 1,000 are discarded by one request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DiscardRequest {
    /// These executions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, max_items = 1000))]
    pub ids: Option<Vec<ExecutionKey>>,
    /// The open ones of this function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub function_id: Option<FunctionKey>,
    /// The open ones of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub group: Option<GroupKey>,
    /// `true`: all open ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub all: Option<bool>,
    /// The most to discard, newest first. Absent: 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1))]
    pub limit: Option<u32>,
}

impl TryFrom<RedriveRequest> for platform::RedriveRequest {
    /// What is wrong, for people.
    type Error = String;

    fn try_from(request: RedriveRequest) -> Result<Self, String> {
        let which = DiscardRequest {
            ids: request.ids,
            function_id: request.function_id,
            group: request.group,
            all: request.all,
            limit: request.limit,
        };
        Ok(Self {
            version: request.version.map_or_else(Default::default, |word| word.0),
            rate: request.rate.unwrap_or(Self::DEFAULT_RATE),
            ..Self::new(which.try_into()?)
        })
    }
}

impl TryFrom<DiscardRequest> for DeadLetterSelection {
    /// What is wrong, for people.
    type Error = String;

    fn try_from(request: DiscardRequest) -> Result<Self, String> {
        let (function, group) = (request.function_id, request.group);
        let all = request.all.unwrap_or(false);
        let filters = function.is_some() || group.is_some();
        match (request.ids, all, filters) {
            (Some(ids), false, false) => Ok(Self::Ids(ids.into_iter().map(|id| id.0).collect())),
            (None, true, false) | (None, false, true) => Ok(Self::Open {
                function: function.map(|id| id.0),
                group: group.map(|group| group.0),
                limit: request
                    .limit
                    .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            }),
            (None, false, false) => {
                Err("name dead letters by ids, functionId or group, or set all to true".to_owned())
            }
            _ => Err("ids, all, and functionId or group exclude each other".to_owned()),
        }
    }
}

/// A run that repeats dead letters, as far as it has come. It ends with its server; dead letters that it
/// has not reached stay open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Redrive<'a> {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: RedriveKey,
    /// How far it has come.
    pub status: RedriveStatus,
    /// When it was started.
    pub started_at: Moment,
    /// When it ended.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub ended_at: Option<Moment>,
    /// How many dead letters it is about; null if they are not counted yet, or are more than 10,000.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub total: Option<u64>,
    /// How many were repeated.
    pub redriven: u64,
    /// How many were not open any more.
    pub skipped: u64,
    /// How many could not be repeated. They stay open.
    pub failed: u64,
    /// Why the latest of these could not be repeated, or why the run has stopped.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error: Option<Cow<'a, str>>,
    /// The latest new execution.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub latest_execution_id: Option<ExecutionKey>,
}

impl<'a> From<&'a platform::Redrive> for Redrive<'a> {
    fn from(run: &'a platform::Redrive) -> Self {
        Self {
            id: Text(run.id),
            status: Word(run.status),
            started_at: Moment(run.started_at),
            ended_at: run.ended_at.map(Moment),
            total: run.total.map(|total| total as u64),
            redriven: run.redriven as u64,
            skipped: run.skipped as u64,
            failed: run.failed as u64,
            error: run.error.as_deref().map(Cow::Borrowed),
            latest_execution_id: run.latest.map(Text),
        }
    }
}

/// How many dead letters were discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Discarded {
    /// So many.
    pub discarded: u64,
    /// Whether there may be more that match.
    pub more: bool,
}

impl From<platform::Discarded> for Discarded {
    fn from(discarded: platform::Discarded) -> Self {
        Self {
            discarded: discarded.discarded as u64,
            more: discarded.more,
        }
    }
}
