//! Where the results of asynchronous executions are sent (`config.destinations`), and how far each
//! delivery has come.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ExecutionId, Timestamp};

/// The destinations of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Destinations {
    /// Of executions that have completed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_success: Vec<Target>,
    /// Of executions that have failed for good.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_failure: Vec<Target>,
    /// Of both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_end: Vec<Target>,
}

impl Destinations {
    /// The most targets in one list.
    pub const MAX: usize = 5;

    /// The names of the secrets that sign webhooks. The function's code does not get them.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(|(_, target)| match target {
            Target::Webhook(webhook) => webhook.secret.as_deref(),
            Target::Function(_) | Target::Binding(_) => None,
        })
    }

    /// What is wrong with the destinations, if something is.
    pub fn fault(&self) -> Option<String> {
        let lists = [
            ("onSuccess", &self.on_success),
            ("onFailure", &self.on_failure),
            ("onEnd", &self.on_end),
        ];
        for (name, targets) in lists {
            let (count, most) = (targets.len(), Self::MAX);
            if count > most {
                return Some(format!(
                    "destinations.{name} has {count} targets: at most {most} are allowed"
                ));
            }
            if let Some(fault) = targets.iter().find_map(Target::fault) {
                return Some(format!("destinations.{name}: {fault}"));
            }
        }
        None
    }

    /// The targets with their conditions, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Condition, &Target)> {
        let success = self.on_success.iter().map(|one| (Condition::Success, one));
        let failure = self.on_failure.iter().map(|one| (Condition::Failure, one));
        let end = self.on_end.iter().map(|one| (Condition::End, one));
        success.chain(failure).chain(end)
    }
}

/// Which ends of executions a destination is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// The execution has completed.
    Success,
    /// The execution has failed for good.
    Failure,
    /// Both.
    End,
}

impl Condition {
    /// `success`, `failure` or `end`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::End => "end",
        }
    }
}

/// What the result of an execution is sent to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "TargetMembers")]
pub enum Target {
    /// The function with this name runs, with the result as its input.
    Function(Arc<str>),
    /// The result is posted to a URL.
    Webhook(Webhook),
    /// A function of the host is called with the result: `BINDING.FUNCTION`.
    Binding(Arc<str>),
}

impl Target {
    fn fault(&self) -> Option<String> {
        match self {
            Self::Function(name) => (name.is_empty() || name.len() > 512)
                .then(|| "function must be the name of a function".to_owned()),
            Self::Binding(name) => {
                let is_wrong = name.split_once('.').is_none_or(|(binding, function)| {
                    binding.is_empty() || function.is_empty() || function.contains('.')
                });
                (is_wrong || name.len() > 129)
                    .then(|| format!("binding is {name:?}: expected BINDING.FUNCTION"))
            }
            Self::Webhook(webhook) => {
                let url = &webhook.url;
                let rest = url
                    .strip_prefix("https://")
                    .or_else(|| url.strip_prefix("http://"));
                let is_wrong = rest.is_none_or(str::is_empty)
                    || url.contains(|c: char| c.is_whitespace() || c.is_control());
                if is_wrong {
                    return Some(
                        "webhook.url must be an absolute URL with https or http".to_owned(),
                    );
                }
                let most = Webhook::MAX_URL;
                (url.len() > most).then(|| format!("webhook.url is longer than {most} bytes"))
            }
        }
    }
}

/// A target as it is read, before it is known that it has one member.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetMembers {
    function: Option<Arc<str>>,
    webhook: Option<Webhook>,
    binding: Option<Arc<str>>,
}

impl TryFrom<TargetMembers> for Target {
    type Error = String;

    fn try_from(read: TargetMembers) -> Result<Self, String> {
        match (read.function, read.webhook, read.binding) {
            (Some(name), None, None) => Ok(Self::Function(name)),
            (None, Some(webhook), None) => Ok(Self::Webhook(webhook)),
            (None, None, Some(name)) => Ok(Self::Binding(name)),
            _ => Err("a destination has exactly one of function, webhook and binding".to_owned()),
        }
    }
}

/// Where a webhook is sent, and how it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// An absolute URL with `https` or `http`.
    pub url: Arc<str>,
    /// The name of the function's secret that has the signing key: `whsec_` and Base64. Without one,
    /// requests are not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Arc<str>>,
}

impl Webhook {
    /// The longest URL, in bytes.
    pub const MAX_URL: usize = 1_024;
}

/// A result on its way to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Which ends of the execution it is for.
    pub on: Condition,
    /// Where it goes.
    pub target: Target,
    /// How far it has come.
    pub state: DeliveryState,
    /// How many attempts were made since the execution ended or the delivery was replayed.
    pub attempt_count: u32,
    /// The latest attempts, at most [`Delivery::MAX_ATTEMPTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<DeliveryAttempt>,
    /// How often it was replayed by hand.
    pub replays: u32,
    /// The execution that a function accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionId>,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// The execution has not ended.
    Waiting,
    /// The execution has not ended as the destination asks for.
    Skipped,
    /// An attempt may be made from `due` on.
    Pending {
        /// The first moment at which it may be made.
        due: Timestamp,
    },
    /// A server makes an attempt. From `until` on, others may.
    Delivering {
        /// The first moment at which others may.
        until: Timestamp,
    },
    /// The target has accepted it.
    Delivered,
    /// The last attempt has failed.
    Failed,
}

impl DeliveryState {
    /// `waiting`, `skipped`, `pending`, `delivering`, `delivered` or `failed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Skipped => "skipped",
            Self::Pending { .. } => "pending",
            Self::Delivering { .. } => "delivering",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// When it ended.
    pub at: Timestamp,
    /// The HTTP status, if there was a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What happened, with the beginning of the response's body if it failed; at most
    /// [`Delivery::MAX_MESSAGE`] characters.
    pub message: String,
}

impl Delivery {
    /// The most attempts that are kept.
    pub const MAX_ATTEMPTS: usize = 4;
    /// The longest message of an attempt, in characters.
    pub const MAX_MESSAGE: usize = 300;

    /// A delivery for an execution that has not ended.
    pub const fn new(on: Condition, target: Target) -> Self {
        Self {
            on,
            target,
            state: DeliveryState::Waiting,
            attempt_count: 0,
            attempts: Vec::new(),
            replays: 0,
            execution: None,
        }
    }

    /// Its approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        let target = match &self.target {
            Target::Function(name) | Target::Binding(name) => name.len(),
            Target::Webhook(webhook) => webhook.url.len(),
        };
        let attempts = self.attempts.iter().map(|one| 50 + one.message.len());
        100 + target + attempts.sum::<usize>()
    }

    /// When the next attempt may be made, if one is to be made.
    pub const fn due(&self) -> Option<Timestamp> {
        match self.state {
            DeliveryState::Pending { due } | DeliveryState::Delivering { until: due } => Some(due),
            _ => None,
        }
    }

    /// The target has accepted it.
    pub fn succeed(&mut self, at: Timestamp, status: Option<u16>, message: &str) {
        self.note(at, status, message);
        self.state = DeliveryState::Delivered;
    }

    /// An attempt has failed; another follows at `due`.
    pub fn retry(&mut self, due: Timestamp, at: Timestamp, status: Option<u16>, message: &str) {
        self.note(at, status, message);
        self.state = DeliveryState::Pending { due };
    }

    /// The last attempt has failed.
    pub fn fail(&mut self, at: Timestamp, status: Option<u16>, message: &str) {
        self.note(at, status, message);
        self.state = DeliveryState::Failed;
    }

    /// Sends it again from the beginning.
    pub fn replay(&mut self, due: Timestamp) {
        self.replays = self.replays.saturating_add(1);
        self.attempt_count = 0;
        self.execution = None;
        self.state = DeliveryState::Pending { due };
    }

    fn note(&mut self, at: Timestamp, status: Option<u16>, message: &str) {
        self.attempt_count = self.attempt_count.saturating_add(1);
        if self.attempts.len() >= Self::MAX_ATTEMPTS {
            self.attempts.remove(0);
        }
        self.attempts.push(DeliveryAttempt {
            at,
            status,
            message: message.chars().take(Self::MAX_MESSAGE).collect(),
        });
    }
}

/// Identifies a delivery: an execution and the index of its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryId {
    /// The execution whose result is delivered.
    pub execution: ExecutionId,
    /// The index in [`FollowUp::deliveries`](super::FollowUp::deliveries).
    pub index: usize,
}

impl std::fmt::Display for DeliveryId {
    /// The id of a webhook must not contain a full stop, which separates it from the time in what is
    /// signed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.execution, self.index)
    }
}

impl std::str::FromStr for DeliveryId {
    type Err = super::ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (execution, index) = text.rsplit_once('_').ok_or(super::ParseIdError)?;
        let is_plain = index.len() <= 2 && index.bytes().all(|byte| byte.is_ascii_digit());
        Ok(Self {
            execution: execution.parse()?,
            index: index
                .parse()
                .ok()
                .filter(|_| is_plain)
                .ok_or(super::ParseIdError)?,
        })
    }
}
