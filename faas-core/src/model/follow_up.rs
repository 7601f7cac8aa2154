//! What follows the end of an asynchronous execution: its dead letter and its deliveries.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Condition, Delivery, DeliveryState, Destinations, ExecutionId, Failure, FailureKind,
    FunctionId, ParseIdError, Status, Target, Timestamp,
};

/// What follows the end of an execution that nobody waits for. It is stored with the execution, and
/// so in the same commit as its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FollowUp {
    /// How many destinations in a row led to the execution.
    #[serde(skip_serializing_if = "is_zero")]
    pub hops: u32,
    /// Set when the execution has failed for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter: Option<DeadLetter>,
    /// One for each destination of the function, in the order of its configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
    /// Rises with each change after the end of the execution. Of two changes to the same revision, the
    /// store accepts one.
    #[serde(skip_serializing_if = "is_zero")]
    pub revision: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How many destinations may follow one another.
pub const MAX_HOPS: u32 = 16;

impl FollowUp {
    /// Of an execution that `hops` destinations led to, of a function with these destinations.
    pub fn new(hops: u32, destinations: Option<&Destinations>) -> Self {
        let destinations = destinations.into_iter().flat_map(Destinations::iter);
        let deliveries = destinations.map(|(on, target)| Delivery::new(on, target.clone()));
        Self {
            hops,
            deliveries: deliveries.collect(),
            ..Self::default()
        }
    }

    /// The execution has ended. Cancelled executions have neither a dead letter nor deliveries: whoever
    /// cancelled one knows.
    pub(super) fn end(
        &mut self,
        function: FunctionId,
        status: Status,
        failure: Option<&Failure>,
        at: Timestamp,
    ) {
        let is_cancelled = failure.is_some_and(|failure| failure.kind == FailureKind::Cancelled);
        let failure = failure.filter(|_| status == Status::Failed && !is_cancelled);
        self.dead_letter = failure.map(|failure| DeadLetter {
            group: DeadLetterGroup::of(function, failure),
            state: DeadLetterState::Open,
        });
        for delivery in &mut self.deliveries {
            let is_wanted = match delivery.on {
                Condition::Success => status == Status::Completed,
                Condition::Failure => failure.is_some(),
                Condition::End => !is_cancelled,
            };
            if !is_wanted {
                delivery.state = DeliveryState::Skipped;
            } else if self.hops >= MAX_HOPS && matches!(delivery.target, Target::Function(_)) {
                delivery.fail(
                    at,
                    None,
                    &format!(
                        "{MAX_HOPS} destinations in a row led to this execution, which is the most: \
                         check whether functions are destinations of each other"
                    ),
                );
            } else {
                delivery.state = DeliveryState::Pending { due: at };
            }
        }
    }

    /// The group of the dead letter, if it is open.
    pub fn open_group(&self) -> Option<DeadLetterGroup> {
        let dead = self.dead_letter.as_ref();
        dead.filter(|dead| dead.state == DeadLetterState::Open)
            .map(|dead| dead.group)
    }

    /// When the next delivery is due, if one is.
    pub fn delivery_due(&self) -> Option<Timestamp> {
        self.deliveries.iter().filter_map(Delivery::due).min()
    }

    /// Whether there are deliveries, and whether one of them has failed.
    pub fn deliveries_failed(&self) -> Option<bool> {
        let mut made = self.made().peekable();
        made.peek()?;
        Some(made.any(|(_, delivery)| delivery.state == DeliveryState::Failed))
    }

    /// The deliveries that the end of the execution asks for, with their indexes.
    pub fn made(&self) -> impl Iterator<Item = (usize, &Delivery)> {
        let all = self.deliveries.iter().enumerate();
        all.filter(|(_, delivery)| {
            !matches!(
                delivery.state,
                DeliveryState::Waiting | DeliveryState::Skipped
            )
        })
    }

    /// The approximate size of the deliveries in bytes.
    pub fn bytes(&self) -> usize {
        self.deliveries.iter().map(Delivery::bytes).sum()
    }

    /// A copy that a change is made to, with the next revision.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            revision: self.revision.saturating_add(1),
            ..self.clone()
        }
    }
}

/// An asynchronous execution that has failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The dead letters of the same function and the same error.
    pub group: DeadLetterGroup,
    /// What has been done about it.
    pub state: DeadLetterState,
}

/// What has been done about a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeadLetterState {
    /// Nothing yet. Only these are listed.
    Open,
    /// The execution was repeated.
    Redriven {
        /// As this execution.
        by: ExecutionId,
        /// When.
        at: Timestamp,
    },
    /// Somebody decided that it is not repeated.
    Discarded {
        /// The name of the key that was used; `None` if no key was needed.
        by: Option<Arc<str>>,
        /// When.
        at: Timestamp,
    },
}

/// Identifies the dead letters of one function with the same error: the same kind of failure, and the
/// same message but for numbers and ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeadLetterGroup(u64);

impl DeadLetterGroup {
    /// The group of this failure of this function.
    pub fn of(function: FunctionId, failure: &Failure) -> Self {
        let mut hash = Sha256::new();
        hash.update(function.as_u128().to_be_bytes());
        hash.update(failure.kind.as_str());
        hash.update([0]);
        hash.update(normalised(&failure.message));
        let hash = hash.finalize();
        Self(hash.first_chunk().copied().map_or(0, u64::from_be_bytes))
    }

    /// The group with these bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for DeadLetterGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for DeadLetterGroup {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = u64::from_str_radix(text, 16).ok().filter(|_| is_hex);
        bits.map(Self).ok_or(ParseIdError)
    }
}

impl Serialize for DeadLetterGroup {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeadLetterGroup {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The first line of a message, at most 200 characters, with `#` for numbers and ids.
fn normalised(message: &str) -> String {
    let line: String = message
        .lines()
        .next()
        .unwrap_or("")
        .chars()
        .take(200)
        .collect();
    let mut normal = String::with_capacity(line.len());
    let is_in_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let mut rest = line.as_str();
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| !is_in_word(c)).unwrap_or(rest.len());
        if length == 0 {
            normal.push(first);
            rest = rest.split_at(first.len_utf8()).1;
            continue;
        }
        let (word, after) = rest.split_at(length);
        rest = after;
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        let is_id = word.len() >= 8
            && word
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if has_digit && is_id {
            normal.push('#');
            continue;
        }
        for c in word.chars() {
            match c {
                '0'..='9' if normal.ends_with('#') => {}
                '0'..='9' => normal.push('#'),
                c => normal.push(c),
            }
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_differ_in_numbers_and_ids_only_are_one_group() {
        for (one, other) in [
            ("order 12 not found", "order 4711 not found"),
            ("timed out after 1.5 s", "timed out after 2.25 s"),
            (
                "no user 550e8400-e29b-41d4-a716-446655440000",
                "no user 0190a5d1-ac96-774b-bcce-b302099a8057",
            ),
            ("row a1b2c3d4e5 is locked", "row 0f9e8d7c6b5a is locked"),
            ("first line 1\nat a", "first line 2\nat b"),
        ] {
            assert_eq!(normalised(one), normalised(other));
        }
        let other = "cannot read property 'b' of undefined";
        assert_ne!(
            normalised("cannot read property 'a' of undefined"),
            normalised(other)
        );
        assert_eq!(normalised("größer als 5 €"), "größer als # €");
    }

    #[test]
    fn a_group_is_read_from_its_16_digits_only() {
        let group = DeadLetterGroup::from_bits(0x0f);
        assert_eq!(group.to_string().parse(), Ok(group));
        for text in ["", "f", "+00000000000000f", "000000000000000g"] {
            assert_eq!(text.parse::<DeadLetterGroup>(), Err(ParseIdError));
        }
    }

    #[test]
    fn a_chain_of_functions_ends_after_16_destinations_and_says_so() {
        let destinations = Destinations {
            on_end: vec![Target::Function("next".into())],
            ..Destinations::default()
        };
        let end = |hops| {
            let mut follow_up = FollowUp::new(hops, Some(&destinations));
            let function = FunctionId::from_u128(1);
            follow_up.end(function, Status::Completed, None, Timestamp::from_millis(1));
            follow_up
        };
        assert!(end(MAX_HOPS - 1).delivery_due().is_some());
        let last = end(MAX_HOPS);
        assert_eq!(
            (last.delivery_due(), last.deliveries_failed()),
            (None, Some(true))
        );
        let shown = last.deliveries.first().and_then(|one| one.attempts.last());
        assert!(shown.is_some_and(|one| one.message.starts_with("16 destinations in a row")));
    }

    #[test]
    fn a_cancelled_execution_has_no_dead_letter_and_no_delivery() {
        let destinations = Destinations {
            on_failure: vec![Target::Function("a".into())],
            on_end: vec![Target::Function("b".into())],
            ..Destinations::default()
        };
        let mut follow_up = FollowUp::new(0, Some(&destinations));
        let cancelled = Failure::new(FailureKind::Cancelled, "cancelled");
        let (function, at) = (FunctionId::from_u128(1), Timestamp::from_millis(1));
        follow_up.end(function, Status::Failed, Some(&cancelled), at);
        assert_eq!(
            (follow_up.open_group(), follow_up.deliveries_failed()),
            (None, None)
        );
    }
}
